//! What a fingerprint covers, and what it does not.

use outport_model::{fingerprint::Fingerprint, product::OnViolation};
use proptest::prelude::*;

use super::bundle::{Bundle, table};

const SQL: &str =
    "SELECT o.id, sum(o.total * 2) AS total, 'a  b' AS text FROM input.orders AS o WHERE o.id > $minimum GROUP BY o.id";

fn bundle(sql: &str) -> Bundle {
    Bundle::shop().model("m", sql).parameter("minimum", 3).parameter("unused", 1)
}

fn print(bundle: &Bundle) -> Fingerprint {
    bundle.compiled("m").fingerprint
}

/// The text cut into tokens; joined with white space it says the same.
fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let length = match first {
            '\'' => rest[1..].find('\'').unwrap() + 2,
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(" ".to_owned()),
        Just("\n\t".to_owned()),
        Just("\r\n".to_owned()),
        Just(" -- a comment; with SELECT 'in' it\n".to_owned()),
        Just("/* größer */".to_owned()),
        Just("/* one /* in */ another */ ".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn white_space_and_comments_do_not_count(blanks in prop::collection::vec(blank(), 64)) {
        let tokens = tokens(SQL);
        let mut sql = String::new();
        for (token, blank) in tokens.iter().zip(blanks.iter().cycle()) {
            sql.push_str(blank);
            sql.push_str(token);
        }
        prop_assert_eq!(print(&bundle(&sql)), print(&bundle(SQL)));
    }

    #[test]
    fn every_token_counts(pick in any::<prop::sample::Index>(), other in 4_u32..1000) {
        let mut tokens: Vec<String> = tokens(SQL).into_iter().map(str::to_owned).collect();
        let literals: Vec<usize> = (0..tokens.len()).filter(|i| ["2", "'a  b'", ">", "sum", "total"].contains(&tokens[*i].as_str())).collect();
        let at = literals[pick.index(literals.len())];
        tokens[at] = match tokens[at].as_str() {
            "2" => other.to_string(),
            ">" => ["<", "=", ">="][other as usize % 3].to_owned(),
            "sum" => ["min", "max", "SUM"][other as usize % 3].to_owned(),
            // The source column has another type, the alias another name.
            "total" => ["customer", "id"][other as usize % 2].to_owned(),
            _ => format!("'a {other} b'"),
        };
        let changed = bundle(&tokens.join(" "));
        if changed.compile().0.is_some() {
            prop_assert_ne!(print(&changed), print(&bundle(SQL)));
        }
    }
}

#[test]
fn literals_keep_their_white_space() {
    assert_ne!(print(&bundle(SQL)), print(&bundle(&SQL.replace("'a  b'", "'a b'"))));
}

#[test]
fn only_parameters_in_use_count() {
    let before = print(&bundle(SQL));
    assert_eq!(before, print(&bundle(SQL).parameter("unused", 2)));
    assert_ne!(before, print(&bundle(SQL).parameter("minimum", 4)));
    assert_ne!(before, print(&bundle(SQL).parameter("minimum", 3.0)));
}

#[test]
fn what_is_upstream_counts() {
    let two = |first: &str| Bundle::shop().model("first", first).model("m", "SELECT id FROM first");
    let before = print(&two("SELECT id FROM input.orders"));
    assert_eq!(before, print(&two("SELECT id\nFROM input.orders")));
    assert_ne!(before, print(&two("SELECT id FROM input.orders WHERE id > 3")));
}

#[test]
fn the_contract_of_an_input_counts_if_it_is_read() {
    let sql = "SELECT id FROM input.orders";
    let before = bundle(sql);
    let mut elsewhere = before.clone();
    elsewhere.inputs.insert("customers".parse().unwrap(), table("customers", "id i64!"));
    assert_eq!(print(&before), print(&elsewhere));
    let mut columns = before.clone();
    columns.inputs.insert("orders".parse().unwrap(), table("orders", "id i64!"));
    assert_ne!(print(&before), print(&columns));
    let mut described = before.clone();
    described.inputs.get_mut(&"orders".parse().unwrap()).unwrap().description = Some("all of them".to_owned());
    assert_eq!(print(&before), print(&described));
    let mut lenient = before.clone();
    lenient.product.inputs[0].on_violation = OnViolation::Quarantine;
    assert_ne!(print(&before), print(&lenient));
}

#[test]
fn the_stored_types_count() {
    let sql = "SELECT id FROM input.orders";
    let wide = Bundle::shop().model("m", sql).output("m", "id decimal(20,0)!");
    assert_ne!(print(&wide), print(&Bundle::shop().model("m", sql).output("m", "id i64!")));
}
