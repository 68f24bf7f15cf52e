//! Whatever is wrong with a model, the diagnostic points into its file (which [`Bundle::compile`] asserts).

use proptest::prelude::*;

use super::bundle::Bundle;

const MODELS: [&str; 4] = [
    "WITH t AS ( SELECT o . id , sum ( o . total ) AS \"Größe\" FROM input.orders AS o WHERE o . note = 'größer' GROUP BY 1 )\n \
     SELECT t . id , c . name , \"Größe\" FROM t LEFT JOIN input.customers c ON c . id = t . id ORDER BY name",
    "SELECT id , row_number ( ) OVER ( PARTITION BY customer ORDER BY placed DESC ) AS n FROM input.orders\r\nWHERE total > $minimum",
    "SELECT id , note FROM input.orders UNION ALL SELECT id , name FROM input.customers /* größer */ WHERE id IN ( SELECT customer FROM input.orders )",
    "SELECT CASE WHEN note IS NULL THEN 'ä' ELSE upper ( note ) END AS x , CAST ( placed AS DATE ) AS day , unnest ( tags ) AS tag FROM input.orders",
];

const WORDS: [&str; 24] = [
    "SELECT",
    "FROM",
    "(",
    ")",
    ",",
    ".",
    "'",
    "\"",
    "größe",
    "id",
    "o",
    "input.orders",
    "$x",
    "?",
    ";",
    "*",
    "--",
    "/*",
    "AS",
    "NULL",
    "1",
    "GROUP BY",
    "JOIN",
    "nonsense",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_broken_model_is_pointed_at(
        model in prop::sample::select(&MODELS[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&WORDS[..]), 0..3), 1..4),
    ) {
        let mut words: Vec<&str> = model.split(' ').collect();
        for (at, word, how) in changes {
            let at = at.index(words.len());
            match how {
                0 => words[at] = word,
                1 => words.insert(at, word),
                _ => {
                    words.remove(at);
                }
            }
        }
        let sql = words.join(" ");
        Bundle::shop().model("m", &sql).output("m", "id i64!, note string!").compile();
    }
}

#[test]
fn a_query_that_upsets_the_planner_is_pointed_at() {
    let empty = "SELECT id, note FROM input.orders WHERE id IN (SELECT)";
    Bundle::shop().model("m", empty).output("m", "id i64!, note string!").compile();
}
