//! Passwords from whoever sits at the terminal, or from standard input.

use std::io::BufRead;

use crate::{failure::Failure, terminal::Terminal};

/// A new password: asked for twice on a terminal, or the first line of standard input.
pub(crate) fn new_password(from_stdin: bool) -> Result<String, Failure> {
    if from_stdin {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let password = line.trim_end_matches(['\n', '\r']);
        return match read {
            Ok(_) if !password.is_empty() => Ok(password.to_owned()),
            _ => Err(argument("standard input has no password", "write it as the first line")),
        };
    }
    if !Terminal::can_ask() {
        return Err(argument("there is no terminal to ask for a password", "say `--password-stdin` and pipe it in"));
    }
    let unreadable =
        |error: std::io::Error| Failure::Write { what: "the terminal".to_owned(), source: Box::new(error) };
    let first = ask("new password: ").map_err(unreadable)?;
    let again = ask("once more: ").map_err(unreadable)?;
    if first == again { Ok(first) } else { Err(argument("the two passwords differ", "try again")) }
}

/// What is typed is not shown.
fn ask(question: &str) -> std::io::Result<String> {
    let terminal = console::Term::stderr();
    terminal.write_str(question)?;
    terminal.read_secure_line()
}

fn argument(message: &str, help: &str) -> Failure {
    Failure::Argument { message: message.to_owned(), help: help.to_owned() }
}
