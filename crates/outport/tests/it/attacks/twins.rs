//! Two homes that differ in what is hidden alone, opened in this process, and the attacker at both.

use std::fmt::Debug;

use super::{ONE, OTHER, home, shows};
use crate::{
    opened::{Opened, someone},
    place::Place,
    through::Asker,
};

/// Two homes.
pub(super) struct Twins {
    pub(super) one: Opened,
    pub(super) other: Opened,
    tokens: [String; 2],
    _places: [Place; 2],
}

impl Twins {
    pub(super) async fn open() -> Self {
        Self::of([home(&ONE), home(&OTHER)]).await
    }

    pub(super) async fn of(places: [Place; 2]) -> Self {
        let (one, other) = (Opened::home(&places[0]).await, Opened::home(&places[1]).await);
        let tokens = [one.token("mallory").await, other.token("mallory").await];
        Self { one, other, tokens, _places: places }
    }

    /// The attacker at each home.
    pub(super) fn askers(&self) -> [Asker<'_>; 2] {
        let [first, second] = self.tokens.clone();
        [Asker::new(&self.one, "mallory", first), Asker::new(&self.other, "mallory", second)]
    }
}

/// One home, and the attacker at it.
pub(super) struct Single {
    pub(super) home: Opened,
    pub(super) token: String,
    pub(super) place: Place,
}

impl Single {
    pub(super) async fn open() -> Self {
        let place = home(&ONE);
        let opened = Opened::home(&place).await;
        let token = opened.token("mallory").await;
        Self { home: opened, token, place }
    }

    pub(super) fn asker(&self) -> Asker<'_> {
        Asker::new(&self.home, "mallory", self.token.clone())
    }

    /// The attacker as someone else: in other groups, or elsewhere.
    pub(super) async fn moved(&self, groups: &[&str], region: &str) {
        let mut principal = someone("mallory", groups);
        principal.region = Some(region.to_owned());
        self.home.user(&principal).await;
    }
}

/// What came of many attempts at both homes.
#[derive(Default)]
pub(super) struct Verdict {
    tried: usize,
    answered: usize,
    leaks: Vec<String>,
}

impl Verdict {
    /// Compares two answers to one attempt.
    pub(super) fn compare<T: Debug, E: Debug>(&mut self, name: &str, asked: &str, answers: &[Result<T, E>; 2]) {
        self.tried += 1;
        self.answered += usize::from(answers[0].is_ok());
        let [one, other] = answers.each_ref().map(|answer| comparable(&format!("{answer:?}")));
        let shown = shows(&one, asked);
        if one != other || shown.is_some() {
            self.leaks.push(format!("{name}: {asked}\n  {one}\n  {other}"));
        }
    }

    /// Nothing may have differed, and enough must have been answered: otherwise nothing was asked.
    #[track_caller]
    pub(super) fn is_clean(&self, tried: usize, answered: usize) {
        assert!(self.leaks.is_empty(), "{} leaks:\n{}", self.leaks.len(), self.leaks.join("\n"));
        assert!(self.tried >= tried, "only {} were tried", self.tried);
        assert!(self.answered >= answered, "only {} of {} were answered", self.answered, self.tried);
    }
}

/// An answer without what is another one every time: ids, moments, ports, what is signed or sealed.
pub(super) fn comparable(answer: &str) -> String {
    let mut shown = String::new();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+' | '_');
    let mut rest = answer;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
        let (whole, after) = rest.split_at(end);
        let bare = whole.trim_start_matches(':');
        shown += &whole[..whole.len() - bare.len()];
        shown += if is_id(bare) {
            "[ID]"
        } else if bare.len() == 64 && shown.ends_with("X-Amz-Signature=") {
            "[SIGNATURE]"
        } else if is_moment(bare) {
            "[MOMENT]"
        } else if is_address(bare) {
            "[ADDRESS]"
        } else {
            bare
        };
        let next = after.chars().next().map_or(0, char::len_utf8);
        shown += &after[..next];
        rest = &after[next..];
    }
    shown
}

fn is_id(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':']).trim_end_matches(".parquet");
    let hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    let uuid = word.len() == 36 && word.matches('-').count() == 4 && hexadecimal(&word.replace('-', ""));
    // Ids of files have no `-`; those of this century begin so.
    uuid || (word.len() == 32 && word.starts_with("01") && hexadecimal(word))
}

fn is_moment(word: &str) -> bool {
    let written = word.len() > 18 && word.as_bytes()[4] == b'-' && word.contains('T') && word.contains(':');
    // Seconds or milliseconds since 1970.
    let counted =
        (word.len() == 10 || word.len() == 13) && word.starts_with("17") && word.bytes().all(|b| b.is_ascii_digit());
    written || counted
}

fn is_address(word: &str) -> bool {
    word.strip_prefix("127.0.0.1:").is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn only_what_is_another_one_each_time_is_left_out() {
    for (said, expect) in [
        ("request \"019ac0c1-7f3e-7000-8000-000000000001\".", "request \"[ID]\"."),
        ("\"id\":\"01a21aea26bf76a486bc2538d0f0513c\"", "\"id\":\"[ID]\""),
        ("\"at\":\"2026-11-27T01:00:00.123Z\"", "\"at\":\"[MOMENT]\""),
        ("{\"timestamp\":1795747878852,\"size\":1402}", "{\"timestamp\":[MOMENT],\"size\":1402}"),
        ("http://127.0.0.1:4711/x", "http://[ADDRESS]/x"),
        ("880011 hid 5d41402abc4b2a76b9719d911017c592", "880011 hid 5d41402abc4b2a76b9719d911017c592"),
    ] {
        assert_eq!(comparable(said), expect);
    }
}
