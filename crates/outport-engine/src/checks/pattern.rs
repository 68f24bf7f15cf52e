//! Regular expressions of contracts (ECMA-262) as the engine's, and the formats that ODCS names.

use std::{fmt::Write as _, iter::Peekable, str::Chars};

use super::rule::RuleError;

/// What `.` does not match in ECMA-262 are four line ends; the engine knows one.
const DOT: &str = r"[^\n\r\x{2028}\x{2029}]";

/// Translates an ECMA-262 regular expression. It is searched for unless it is anchored.
///
/// Digits, word characters and word borders are those of ASCII, as ECMA-262 has it without its `v` and `i` flags.
pub(crate) fn translate(pattern: &str) -> Result<String, RuleError> {
    let mut translation =
        Translation { rest: pattern.chars().peekable(), out: String::with_capacity(pattern.len() + 8) };
    translation.run();
    match regex::Regex::new(&translation.out) {
        Ok(_) => Ok(translation.out),
        Err(error) => Err(RuleError::Pattern { pattern: pattern.to_owned(), reason: reason(&error) }),
    }
}

/// The last line of the parser's message, which names the cause; the lines above it draw the pattern.
fn reason(error: &regex::Error) -> String {
    let shown = error.to_string();
    let last = shown.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

impl Translation<'_> {
    fn run(&mut self) {
        while let Some(next) = self.rest.next() {
            match next {
                '\\' => self.escape(false),
                '[' => self.class(),
                '.' => self.out.push_str(DOT),
                '{' if !is_quantifier(self.rest.clone()) => self.out.push_str(r"\{"),
                '}' if !self.in_quantifier() => self.out.push_str(r"\}"),
                other => self.out.push(other),
            }
        }
    }

    /// Whether a `{` that is a quantifier or a name is still open in what is written so far.
    fn in_quantifier(&self) -> bool {
        let tail = self.out.rsplit('}').next().unwrap_or_default();
        tail.match_indices('{').any(|(at, _)| !tail[..at].ends_with('\\'))
    }

    fn class(&mut self) {
        let negated = self.rest.next_if_eq(&'^').is_some();
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
            return;
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        if self.rest.next_if_eq(&'-').is_some() {
            self.out.push_str(r"\-");
        }
        while let Some(next) = self.rest.next() {
            match next {
                ']' => break,
                '\\' => self.escape(true),
                '[' | '&' | '~' => {
                    let _ = write!(self.out, "\\{next}");
                }
                // Two hyphens would be a difference of sets; here the second is the end of a range.
                '-' if self.rest.next_if_eq(&'-').is_some() => self.out.push_str(r"-\-"),
                other => self.out.push(other),
            }
        }
        self.out.push(']');
    }

    fn escape(&mut self, in_class: bool) {
        let Some(next) = self.rest.next() else {
            self.out.push('\\');
            return;
        };
        match next {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[A-Za-z0-9_]"),
            'W' => self.out.push_str("[^A-Za-z0-9_]"),
            's' => self.out.push_str(r"[\s\x{FEFF}]"),
            'S' => self.out.push_str(r"[^\s\x{FEFF}]"),
            'b' if in_class => self.out.push_str(r"\x08"),
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' if !in_class => self.out.push_str(r"(?-u:\B)"),
            '0' => self.out.push_str(r"\x00"),
            'c' => self.control(),
            'k' | 'p' | 'P' | 'x' | 'u' | 'n' | 'r' | 't' | 'f' | 'v' | '1'..='9' => {
                self.out.push('\\');
                self.out.push(next);
                self.braces();
            }
            other => self.out.push_str(&regex::escape(&other.to_string())),
        }
    }

    /// What an escape takes in braces, as `\p{L}` and `\u{1F600}` do.
    fn braces(&mut self) {
        if self.rest.peek() == Some(&'{') && !self.at_repetition() {
            for next in self.rest.by_ref() {
                self.out.push(next);
                if next == '}' {
                    break;
                }
            }
        }
    }

    /// Whether the `{` that comes next begins a quantifier.
    fn at_repetition(&self) -> bool {
        let mut after = self.rest.clone();
        after.next();
        is_quantifier(after)
    }

    /// `\cA` is the first control character.
    fn control(&mut self) {
        let letter = self.rest.next().unwrap_or('@');
        let _ = write!(self.out, r"\x{:02X}", u32::from(letter) % 32);
    }
}

/// Whether what follows a `{` makes it a quantifier; otherwise it stands for itself.
fn is_quantifier(rest: Peekable<Chars<'_>>) -> bool {
    let rest: String = rest.collect();
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && is_digits(least) && is_digits(most)
}

/// The regular expression of a format that ODCS names for text, in the engine's syntax; `None` for `password` and
/// `binary`, which any text meets.
pub(crate) fn format(name: &str) -> Result<Option<String>, RuleError> {
    let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    let v4 = format!(r"({octet}\.){{3}}{octet}");
    let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    Ok(Some(match name.to_ascii_lowercase().as_str() {
        "email" => format!(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(\.{label})*$"),
        "uuid" => "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$".to_owned(),
        "uri" => r#"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$"#.to_owned(),
        "hostname" => format!(r"^{label}(\.{label})*$"),
        "ipv4" => format!("^{v4}$"),
        "ipv6" => ipv6(&v4),
        "byte" => "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$".to_owned(),
        "password" | "binary" => return Ok(None),
        _ => return Err(RuleError::Format { format: name.to_owned() }),
    }))
}

/// RFC 4291, 2.2: eight groups, one run of them left out as `::`, the last two perhaps as an IPv4 address.
fn ipv6(v4: &str) -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let mut forms = vec![format!("({group}:){{7}}{group}"), format!("({group}:){{6}}{v4}")];
    for before in 0..=7 {
        let head = if before == 0 { ":".to_owned() } else { format!("({group}:){{{before}}}") };
        let after = 7 - before;
        forms.push(if after == 0 { format!("{head}:") } else { format!("{head}(:{group}){{0,{after}}}") });
        forms.push(format!("{head}:"));
        if after >= 2 {
            forms.push(format!("{head}(:{group}){{0,{}}}:{v4}", after - 2));
        }
    }
    format!("^({})$", forms.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let translated = translate(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        let regex = regex::Regex::new(&translated).unwrap();
        for text in matching {
            assert!(regex.is_match(text), "{pattern} as {translated} should match {text:?}");
        }
        for text in other {
            assert!(!regex.is_match(text), "{pattern} as {translated} should not match {text:?}");
        }
    }

    #[test]
    fn ecma_patterns_keep_their_meaning() {
        check("[A-Z]{2}", &["AB", "xABx"], &["A", "ab"]);
        check(r"^\d{3}$", &["123"], &["12", "١٢٣", "123\n"]);
        check(r"^\w+$", &["a_1"], &["é", ""]);
        check(r"\bcat\b", &["a cat."], &["concat"]);
        check(r"^[\w.-]+\/[\d]$", &["a-b.c/1"], &["a/x"]);
        check(r"^[[a]+$", &["[a["], &["]"]);
        check(r"^[a&&b]$", &["&", "a", "b"], &["c"]);
        check(r"^[+--]$", &["+", ",", "-"], &["."]);
        check(r"^[--/]$", &["-", ".", "/"], &[","]);
        check(r"^a{b}$", &["a{b}"], &["ab"]);
        check(r"^a{,2}$", &["a{,2}"], &["aa"]);
        check("^a.b$", &["a b"], &["a\rb", "a\u{2028}b"]);
        check(r"^\u0041\x42$", &["AB"], &["ab"]);
        check(r"^(?<year>\d{4})$", &["2024"], &["24"]);
        check(r"^[^]$", &["x", "\n"], &[""]);
        check(r"^\cJ$", &["\n"], &["J"]);
        check(r"^\p{L}+$", &["é"], &["1"]);
        check(r"^\{x\}$", &["{x}"], &["x"]);
    }

    #[test]
    fn what_no_linear_engine_can_do_is_named() {
        let error = translate(r"^(?=.*\d).+$").unwrap_err().to_string();
        assert!(error.contains("look-around"), "{error}");
        let error = translate(r"(a)\1").unwrap_err().to_string();
        assert!(error.contains("backreferences"), "{error}");
    }

    #[track_caller]
    fn check_format(name: &str, matching: &[&str], other: &[&str]) {
        let regex = regex::Regex::new(&format(name).unwrap().unwrap()).unwrap();
        for text in matching {
            assert!(regex.is_match(text), "{name} should match {text:?}");
        }
        for text in other {
            assert!(!regex.is_match(text), "{name} should not match {text:?}");
        }
    }

    #[test]
    fn formats_match_what_their_standards_allow() {
        check_format("email", &["a.b+c@example.org"], &["a@b@c", "a b@c.de", "@x", "a@-x.de"]);
        check_format("uuid", &["123e4567-E89B-12d3-a456-426614174000"], &["123e4567e89b12d3a456426614174000"]);
        check_format("uri", &["https://x.org/a?b#c", "urn:isbn:1"], &["x.org", "http://a b", "http:"]);
        check_format("hostname", &["db-1.example.org", "x"], &["-a", "a..b", "a_b"]);
        check_format("ipv4", &["0.0.0.0", "255.1.2.30"], &["256.1.1.1", "1.2.3", "01.2.3.4"]);
        check_format(
            "ipv6",
            &["::", "::1", "1::", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::"],
            &["1:2:3", ":::", "1:2:3:4:5:6:7:8:9", "g::", "1::2::3", "::1.2.3.4.5"],
        );
        check_format("byte", &["", "QQ==", "QUI=", "QUJD"], &["Q", "QQ=", "Q Q="]);
        assert!(format("password").unwrap().is_none());
        assert!(format("postcode").is_err());
    }
}
