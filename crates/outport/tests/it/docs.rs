//! Documents say what is so: the commands of `README.md` and of the guides run and write what is shown below them, and
//! `docs/reference/cli.md` is what the binary says of itself.
//!
//! In these documents a block ` ```sh ` is run, a block ` ```python ` too, and ` ```text ` directly below it is what it
//! writes: each line must occur, in this order; `…` stands for anything. A command that is to fail stands after `! ` at
//! the end of its block. The pages of the doors go on where the first block of the guide to serving ends. The ports that
//! documents name are exchanged for free ones.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what runs a document is test code, though not marked as such")]

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::place::clients_python;

/// Lines that are not run: they build and install, which the test has behind it.
const SKIPPED: [&str; 3] = ["make ", "cargo install ", "export PATH="];

/// Begins the output of a block.
const MARK: &str = "@@ block ";

/// The guide whose first block opens the doors.
const SERVE: &str = "docs/guide/serve.md";

/// The pages of the doors.
const DOORS: &[&str] = &[
    "docs/doors/sql.md",
    "docs/doors/rest.md",
    "docs/doors/downloads.md",
    "docs/doors/postgres.md",
    "docs/doors/flight.md",
    "docs/doors/graphql.md",
    "docs/doors/delta-sharing.md",
    "docs/doors/mcp.md",
    "docs/doors/changes.md",
    "docs/doors/control.md",
    "docs/doors/management.md",
    "docs/doors/hub.md",
];

/// The ports of the doors in the documents: of HTTP, PostgreSQL and Flight SQL.
const PORTS: [&str; 3] = ["7411", "5439", "7412"];

macro_rules! documents {
    ($($test:ident: $file:literal,)*) => {
        const DOCUMENTS: &[&str] = &[$($file),*];

        $(
            #[test]
            fn $test() {
                check(&[page($file, free_ports())]);
            }
        )*
    };
}

documents! {
    readme: "README.md",
    access: "docs/guide/access.md",
    change_safely: "docs/guide/change-safely.md",
    contract_test: "docs/guide/contract-test.md",
    feedback: "docs/guide/feedback.md",
    first_product: "docs/guide/first-product.md",
    quarantine_and_warnings: "docs/guide/quarantine-and-warnings.md",
    query: "docs/guide/query.md",
    serve: "docs/guide/serve.md",
    runs_and_releases: "docs/guide/runs-and-releases.md",
    workspaces_and_settings: "docs/guide/workspaces-and-settings.md",
}

#[test]
fn doors() {
    let ports = free_ports();
    let mut serve = page(SERVE, ports);
    serve.blocks.truncate(1);
    let mut pages = vec![serve];
    pages.extend(DOORS.iter().map(|door| page(door, ports)));
    check(&pages);
}

#[test]
fn every_guide_and_door_is_run_and_listed() {
    let list = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for (folder, run) in [("guide", DOCUMENTS), ("doors", DOORS)] {
        for entry in fs::read_dir(root().join("docs").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let file = format!("docs/{folder}/{name}");
            assert!(run.contains(&file.as_str()), "docs.rs does not run {file}");
            assert!(list.contains(&format!("({folder}/{name})")), "docs/README.md does not list {file}");
        }
    }
}

#[test]
fn the_reference_of_the_command_line_is_up_to_date() {
    let file = root().join("docs/reference/cli.md");
    let expected = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "docs/reference/cli.md is not what the binary says; run this test with UPDATE_DOCS=1. It should be:\n{expected}"
    );
}

#[test]
fn the_reference_of_a_bundle_has_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        found.extend(properties.into_iter().flat_map(serde_json::Map::keys).cloned());
        let members = schema.as_object().into_iter().flat_map(serde_json::Map::values);
        members.for_each(|member| keys(member, found));
    }
    let schema = fs::read_to_string(root().join("docs/schemas/outport.schema.json")).unwrap();
    let reference = fs::read_to_string(root().join("docs/reference/bundle.md")).unwrap();
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(&schema).unwrap(), &mut found);
    assert!(found.contains("nullValues") && found.contains("materialized"), "{found:?}");
    let documented = |key: &String| {
        reference.lines().filter(|line| line.starts_with('|')).any(|line| {
            let names = line.split('|').nth(1).unwrap_or_default().split(['`', '.', ',', ' ']);
            names.into_iter().any(|name| name == key)
        })
    };
    let missing: Vec<_> = found.iter().filter(|key| !documented(key)).collect();
    assert!(missing.is_empty(), "docs/reference/bundle.md does not describe {missing:?}");
}

#[test]
fn the_reference_of_settings_has_every_variable() {
    let reference = fs::read_to_string(root().join("docs/reference/settings.md")).unwrap();
    let help = help(&[]);
    let variables: Vec<_> = help.split("[env: ").skip(1).filter_map(|rest| rest.split('=').next()).collect();
    assert!(variables.contains(&"OUTPORT_HOME"), "{variables:?}");
    let missing: Vec<_> = variables.iter().filter(|name| !reference.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/reference/settings.md does not describe {missing:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A fenced block of a document.
#[derive(Debug, PartialEq)]
struct Block {
    language: String,
    text: String,
    /// The line of the opening fence, from 1.
    line: usize,
    /// Whether nothing but empty lines stands between it and the block before.
    follows: bool,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut follows) = (None::<Block>, false);
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.trim().to_owned();
                open = Some(Block { language, text: String::new(), line: index + 1, follows });
            }
            (None, None) => follows = follows && line.trim().is_empty(),
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                follows = true;
            }
            (Some(block), None) => writeln!(block.text, "{line}").unwrap(),
        }
    }
    assert!(open.is_none(), "a fence stays open: {open:?}");
    blocks
}

/// A document to run.
struct Page {
    name: &'static str,
    blocks: Vec<Block>,
}

fn page(name: &'static str, ports: [u16; 3]) -> Page {
    let mut text = fs::read_to_string(root().join(name)).unwrap();
    // In two steps: a free port may hold the digits of another one.
    for written in PORTS {
        text = text.replace(written, &format!("<port {written}>"));
    }
    for (written, free) in PORTS.iter().zip(ports) {
        text = text.replace(&format!("<port {written}>"), &free.to_string());
    }
    Page { name, blocks: blocks(&text) }
}

/// Ports on which nothing listens, so that these tests run beside each other and beside a server.
fn free_ports() -> [u16; 3] {
    let listeners = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// One script for all commands of a document, so that variables and the folder carry over as they do for a reader.
fn script(page: &Page) -> String {
    let mut script = String::new();
    for block in &page.blocks {
        let mark = format!("echo '{MARK}{}:{}'", page.name, block.line);
        match block.language.as_str() {
            "sh" => writeln!(script, "{mark}\n{}", commands(page.name, block)).unwrap(),
            "python" => writeln!(script, "{mark}\n\"$CLIENTS\" - <<'PYTHON'\n{}PYTHON", block.text).unwrap(),
            _ => {}
        }
    }
    script
}

fn commands(document: &str, block: &Block) -> String {
    let commands: Vec<_> =
        block.text.lines().filter(|line| !SKIPPED.iter().any(|skipped| line.starts_with(skipped))).collect();
    let failing = commands.iter().position(|line| line.starts_with("! "));
    let whole = failing.is_none_or(|at| commands[at + 1..].iter().all(|line| line.starts_with(' ')));
    assert!(whole, "{document}:{}: a command that fails must be the last one of its block", block.line);
    // `set -e` does not see that a command after `!` succeeded.
    format!("{}\n[ $? -eq 0 ] || {{ echo 'it was to fail'; exit 1; }}", commands.join("\n"))
}

/// Runs documents, one after the other, in a folder of their own.
#[track_caller]
fn check(pages: &[Page]) {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples"), &folder.path().join("examples"));
    copy(&root().join("scripts"), &folder.path().join("scripts"));
    // A server that a document began ends with the script, also with one that fails.
    let mut whole = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n".to_owned();
    whole.extend(pages.iter().map(script));
    let output = bash(&whole, folder.path());
    for page in pages {
        compare(page, &output);
    }
}

#[track_caller]
fn compare(page: &Page, output: &str) {
    let mut run = None;
    for block in &page.blocks {
        match block.language.as_str() {
            "sh" | "python" => run = Some(block),
            "text" if block.follows => {
                let Some(run) = run else { continue };
                let written = part(output, &format!("{}:{}", page.name, run.line));
                let expected = block.text.lines().filter(|line| !line.trim().is_empty());
                if let Err(missing) = occur(expected, written) {
                    panic!("{}:{}: the output has no line\n{missing}\nit is\n{written}", page.name, block.line);
                }
            }
            _ => {}
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What a script writes, results and messages in the order in which they come.
#[track_caller]
fn bash(script: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_outport"));
    let path = std::env::var("PATH").unwrap();
    let log = folder.join("output.log");
    let out = fs::File::create(&log).unwrap();
    let mut bash = Command::new("bash");
    clean(&mut bash)
        .args(["-c", script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", binary.parent().unwrap().display()))
        .env("OUTPORT_HOME", folder.join("home"))
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out);
    if ["NYCFLIGHTS13", "examples/flights"].iter().any(|sign| script.contains(sign)) {
        bash.env("NYCFLIGHTS13", flights());
    }
    if script.contains("$CLIENTS") {
        bash.env("CLIENTS", clients_python());
    }
    let status = bash.status().unwrap();
    let output = fs::read_to_string(&log).unwrap();
    let at = output.lines().rev().find_map(|line| line.strip_prefix(MARK)).unwrap_or_default();
    assert!(status.success(), "the block of {at} ends with {status}:\n{}", part(&output, at));
    output
}

/// Without the settings of whoever runs the tests.
fn clean(command: &mut Command) -> &mut Command {
    for name in ["HOME", "WORKSPACE", "MEMORY_LIMIT", "THREADS", "LOG", "HTTP", "POSTGRES", "FLIGHT", "SERVER"] {
        command.env_remove(format!("OUTPORT_{name}"));
    }
    command.env_remove("COLUMNS").env_remove("TPCH_SCALE")
}

fn flights() -> String {
    let output = Command::new(root().join("scripts/flights-data")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What a block wrote, by the document and line where it stands.
fn part<'a>(output: &'a str, place: &str) -> &'a str {
    let (_, after) = output.split_once(&format!("{MARK}{place}\n")).unwrap_or_default();
    after.split_once(MARK).map_or(after, |(part, _)| part)
}

/// Whether lines occur in a text in their order; else the first that does not.
fn occur<'a>(expected: impl Iterator<Item = &'a str>, text: &str) -> Result<(), &'a str> {
    let mut lines = text.lines();
    for wanted in expected {
        if wanted.trim() != "…" && !lines.any(|line| fits(wanted, line)) {
            return Err(wanted);
        }
    }
    Ok(())
}

/// Whether a line is as wanted, where `…` stands for anything.
fn fits(wanted: &str, line: &str) -> bool {
    let parts: Vec<_> = wanted.trim_end().split('…').collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return line.trim_end() == *first };
    let inner = line.trim_end().strip_prefix(first).and_then(|line| line.strip_suffix(last));
    let left = inner.and_then(|inner| {
        middle.iter().try_fold(inner, |inner, part| inner.find(part).map(|at| &inner[at + part.len()..]))
    });
    left.is_some()
}

#[test]
fn lines_are_compared_in_order() {
    assert!(fits("a … c", "a b c") && fits("…b…", "abc") && fits("abc", "abc  "));
    assert!(!fits("a … d", "a b c") && !fits("abc", "abcd") && !fits("…x…", "abc"));
    assert_eq!(occur(["1", "…", "3"].into_iter(), "1\n2\n3\n"), Ok(()));
    assert_eq!(occur(["3", "1"].into_iter(), "1\n2\n3\n"), Err("1"));
}

#[test]
fn blocks_know_what_they_follow() {
    let found = blocks("```sh\na\n```\n\n```text\nb\n```\nand\n```text\nc\n```\n");
    let found: Vec<_> = found.iter().map(|b| (b.language.as_str(), b.text.trim(), b.line, b.follows)).collect();
    assert_eq!(found, [("sh", "a", 1, false), ("text", "b", 5, true), ("text", "c", 9, false)]);
}

/// The reference of the command line, from the help of every verb.
fn reference() -> String {
    let main = help(&[]);
    let (head, global) = main.split_once("Global options:\n").unwrap();
    let mut text = format!(
        "# Command line\n\nWritten from the binary's own help by its test \
         (`UPDATE_DOCS=1 cargo test -p outport reference`).\n\n```console\n{}\n```\n\n\
         ## Global options\n\nThey stand before or after the verb.\n\n```console\n{}\n```\n",
        head.trim_end(),
        global.trim_end()
    );
    describe(&mut text, &[], head);
    text.push_str(EXIT_CODES);
    text
}

/// What `crates/outport/src/lib.rs` and `plan` end with.
const EXIT_CODES: &str = "
## Exit codes

| Code | Means |
|---|---|
| 0 | done |
| 1 | failed: the message says why, on standard error |
| 2 | the command line is wrong; with `plan --detailed-exitcode`: something would change |
| 130 | ended at once, by a second Ctrl-C |

Results go to standard output, everything about the way there to standard error.
";

fn describe(text: &mut String, verbs: &[&str], help_of_parent: &str) {
    let Some((_, commands)) = help_of_parent.split_once("Commands:\n") else { return };
    let names = commands.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        let path: Vec<_> = verbs.iter().copied().chain([name]).collect();
        let help = help(&path);
        let own = help.split("Global options:\n").next().unwrap_or_default();
        write!(text, "\n## outport {}\n\n```console\n{}\n```\n", path.join(" "), own.trim_end()).unwrap();
        describe(text, &path, own);
    }
}

fn help(verbs: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
    let output = clean(&mut command).args(verbs).arg("--help").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{verbs:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}
