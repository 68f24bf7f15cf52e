//! Values for parameters.

use datafusion::arrow::datatypes::{DataType, Schema};

use super::*;

async fn rows(home: &Home, sql: &str, values: Vec<Argument>) -> Result<Vec<String>, EngineError> {
    Ok(texts(&home.batches(positional(sql, values)).await?))
}

fn text(value: &str) -> Argument {
    Argument::Text(value.to_owned())
}

#[tokio::test]
async fn values_take_the_type_of_their_place() {
    let home = european_home().await;
    for (sql, values, expected) in [
        ("SELECT id FROM shop.staff WHERE id = $1", vec![Argument::Integer(3)], vec!["3"]),
        ("SELECT id FROM shop.staff WHERE id = $1", vec![text("3")], vec!["3"]),
        ("SELECT id FROM shop.staff WHERE born > $1", vec![text("1971-01-01")], vec!["3"]),
        (
            "SELECT id FROM shop.staff WHERE born BETWEEN $1 AND $2",
            vec![text("1970-01-01"), text("1970-01-01")],
            vec!["1"],
        ),
        ("SELECT id FROM shop.staff WHERE note IN ($1, $2) ORDER BY id", vec![text("11"), text("33")], vec!["1", "3"]),
        ("SELECT id FROM shop.staff WHERE region LIKE $1 ORDER BY id LIMIT $2", vec![text("E%"), text("1")], vec!["1"]),
        ("SELECT id FROM shop.staff WHERE salary > $1", vec![Argument::Float(5999.5)], vec!["3"]),
        ("SELECT id FROM shop.staff WHERE id = $1", vec![Argument::Null], vec![]),
        ("SELECT $1", vec![text("it's; DROP TABLE x --")], vec!["it's; DROP TABLE x --"]),
        ("SELECT count(*) FROM shop.staff WHERE email = $1", vec![text("a@x.org")], vec!["0"]),
        ("SELECT id FROM shop.staff WHERE region = $1", vec![text("US")], vec![]),
        (
            "SELECT id FROM shop.staff WHERE 1 / (salary - $1) > -5 ORDER BY id",
            vec![Argument::Integer(5000)],
            vec!["1", "3"],
        ),
    ] {
        assert_eq!(rows(&home, sql, values).await.unwrap(), expected, "{sql}");
    }
}

#[tokio::test]
async fn values_have_names() {
    let home = european_home().await;
    let question = |values: &[(&str, Argument)]| Question {
        arguments: Arguments::Named(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()),
        ..Question::new("SELECT id FROM shop.staff WHERE id >= $least AND born >= $day OR id = $least ORDER BY id")
    };
    let given = [("least", Argument::Integer(1)), ("day", text("1971-01-01"))];
    assert_eq!(texts(&home.batches(question(&given)).await.unwrap()), ["1", "3"]);
    let error = home.batches(question(&given[..1])).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no value for `$day`");
    let more = [given[0].clone(), given[1].clone(), ("other", Argument::Null)];
    let error = home.batches(question(&more)).await.unwrap_err();
    assert_eq!(error.to_string(), "there is a value for `$other`, which is no parameter of the query");
    assert_eq!(error.help().unwrap(), "the query has the parameters `$day`, `$least`");
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused() {
    let home = european_home().await;
    for (sql, values, expected) in [
        ("SELECT id FROM shop.staff WHERE id = $1", vec![text("x")], "`x` does not fit `$1`"),
        ("SELECT id FROM shop.staff WHERE born = $1", vec![text("1971-02-30")], "`1971-02-30` does not fit `$1`"),
        ("SELECT id FROM shop.staff WHERE born = $1", vec![Argument::Integer(1)], "`1` does not fit `$1`"),
        ("SELECT id FROM shop.staff WHERE id = $1", vec![Argument::Boolean(true)], "`true` does not fit `$1`"),
        ("SELECT id FROM shop.staff WHERE id = $2", vec![Argument::Null], "there is no value for `$2`"),
        ("SELECT 1", vec![Argument::Null], "there is a value for `$1`, which is no parameter of the query"),
        ("SELECT id FROM shop.staff WHERE id = $1", vec![], "there is no value for `$1`"),
    ] {
        let error = rows(&home, sql, values).await.unwrap_err();
        assert!(matches!(error, EngineError::Query { .. }), "{sql}: {error:?}");
        assert_eq!(error.to_string(), expected, "{sql}");
    }
}

#[tokio::test]
async fn a_prospect_has_the_parameters_and_the_columns() {
    let home = european_home().await;
    let sql = "SELECT id, email, born, salary * 2.5 AS more, $x AS x FROM shop.staff WHERE born > $day AND id = $id LIMIT $most";
    let prospect = home.engine.prospect(&Question::new(sql), &Arc::new(home.view.clone())).await.unwrap();
    let parameters: Vec<_> = prospect.parameters.into_iter().collect();
    assert_eq!(
        parameters,
        [
            ("$day".to_owned(), Some(DataType::Date32)),
            ("$id".to_owned(), Some(DataType::Int64)),
            ("$most".to_owned(), Some(DataType::Int64)),
            ("$x".to_owned(), None),
        ]
    );
    let columns: Vec<_> = prospect.schema.fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(columns, ["id", "email", "born", "more", "x"]);
    let failed =
        home.engine.prospect(&Question::new("SELECT nothing FROM shop.staff"), &Arc::new(home.view.clone())).await;
    assert_eq!(failed.unwrap_err().to_string(), "there is no column `nothing`");
}

#[tokio::test]
async fn an_answer_has_the_types_that_were_announced() {
    let home = european_home().await;
    let sql = "SELECT count(DISTINCT id) AS people, sum(CAST(id AS DECIMAL(9, 2))) AS total FROM shop.staff";
    let prospect = home.engine.prospect(&Question::new(sql), &Arc::new(home.view.clone())).await.unwrap();
    let batches = home.batches(positional(sql, vec![])).await.unwrap();
    let types = |schema: &Schema| schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>();
    assert_eq!(types(batches[0].schema_ref()), types(&prospect.schema));
    assert_eq!(types(&prospect.schema)[1], DataType::Decimal128(19, 2));
}
