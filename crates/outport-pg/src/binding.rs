//! How parameters and their values stand in the text of a statement.
//!
//! Values are bound as values. What the engine has no values of is put together from those that it has: for bytes `$1`
//! becomes `decode($1, 'hex')`, for a list `make_array(CAST($1 AS BIGINT), CAST($2 AS BIGINT))`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{ControlFlow, Range},
};

use datafusion::sql::sqlparser::{
    ast::{self, Expr, Visit, Visitor},
    tokenizer::Token,
};
use outport_app::engine::Argument;
use pgwire::api::Type;

use crate::{encode::kind, parameter::Value, split::Piece, statement};

/// A part of a text, and what takes its place.
pub(crate) type Edit = (Range<usize>, String);

/// The text after its edits, which do not overlap.
pub(crate) fn edited(sql: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut sql = sql.to_owned();
    for (range, text) in edits {
        sql.replace_range(range, &text);
    }
    sql
}

/// A parameter where a statement names it.
struct Place {
    /// Its number, from 1.
    number: usize,
    /// The bytes of its own name.
    name: Range<usize>,
    /// Where it stands alone in `= ANY (…)` or `<> ALL (…)`: the bytes of that, and what says the same of a list.
    compared: Option<(Range<usize>, &'static str)>,
}

fn places(piece: &Piece) -> Vec<Place> {
    let found = piece.words.iter().enumerate().filter_map(|(at, word)| {
        let Token::Placeholder(name) = &word.token else { return None };
        Some(Place { number: number(name)?, name: word.range.clone(), compared: compared(piece, at) })
    });
    found.collect()
}

/// The number of a parameter such as `$1`, where there may be one.
fn number(name: &str) -> Option<usize> {
    name.strip_prefix('$')?.parse().ok().filter(|number| (1..=usize::from(u16::MAX)).contains(number))
}

fn compared(piece: &Piece, at: usize) -> Option<(Range<usize>, &'static str)> {
    let [sign, quantifier, open, _, close] = piece.words.get(at.checked_sub(3)?..at + 2)? else { return None };
    let instead = match sign.token {
        Token::Eq if quantifier.is("any") || quantifier.is("some") => "IN",
        Token::Neq if quantifier.is("all") => "NOT IN",
        _ => return None,
    };
    let alone = open.token == Token::LParen && close.token == Token::RParen;
    alone.then_some((sign.range.start..close.range.end, instead))
}

/// The parameters that are compared with each item of a list.
pub(crate) fn lists(piece: &Piece) -> BTreeSet<usize> {
    places(piece).into_iter().filter(|place| place.compared.is_some()).map(|place| place.number).collect()
}

/// The types that a statement casts its parameters to.
pub(crate) fn casts(piece: &Piece) -> BTreeMap<usize, Type> {
    struct Casts(BTreeMap<usize, Type>);
    impl Visitor for Casts {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Cast { expr, data_type, .. } = expr
                && let Expr::Value(value) = expr.as_ref()
                && let ast::Value::Placeholder(name) = &value.value
                && let Some(number) = number(name)
                && let Some(kind) = type_of(data_type)
            {
                self.0.entry(number).or_insert(kind);
            }
            ControlFlow::Continue(())
        }
    }
    let mut found = Casts(BTreeMap::new());
    if let Ok(statement) = statement::parse(&piece.sql) {
        let _ = statement.visit(&mut found);
    }
    found.0
}

/// The PostgreSQL type that a type of the grammar is, where parameters may have it.
fn type_of(data_type: &ast::DataType) -> Option<Type> {
    use ast::DataType as D;
    Some(match data_type {
        D::Bool | D::Boolean => Type::BOOL,
        D::SmallInt(_) | D::Int2(_) => Type::INT2,
        D::Int(_) | D::Integer(_) | D::Int4(_) => Type::INT4,
        D::BigInt(_) | D::Int8(_) => Type::INT8,
        D::Real | D::Float4 => Type::FLOAT4,
        D::Float(_) | D::Float8 | D::Double(_) | D::DoublePrecision => Type::FLOAT8,
        D::Numeric(_) | D::Decimal(_) | D::Dec(_) => Type::NUMERIC,
        D::Text | D::String(_) => Type::TEXT,
        D::Varchar(_) | D::CharacterVarying(_) => Type::VARCHAR,
        D::Bytea => Type::BYTEA,
        D::Date => Type::DATE,
        D::Time(..) => Type::TIME,
        D::Timestamp(_, ast::TimezoneInfo::WithTimeZone | ast::TimezoneInfo::Tz) => Type::TIMESTAMPTZ,
        D::Timestamp(..) => Type::TIMESTAMP,
        D::Uuid => Type::UUID,
        D::JSON | D::JSONB => Type::JSON,
        D::Array(ast::ArrayElemTypeDef::SquareBracket(item, _)) => kind::list_of(&type_of(item)?),
        D::Custom(name, _) => match name.0.last()?.as_ident()?.value.to_lowercase().as_str() {
            "oid" => Type::OID,
            "int2" => Type::INT2,
            "int4" => Type::INT4,
            "int8" => Type::INT8,
            "text" | "name" => Type::TEXT,
            _ => return None,
        },
        _ => return None,
    })
}

/// A type as the engine's grammar calls it, where a value may be cast to it.
pub(crate) fn sql_name(kind: &Type) -> Option<&'static str> {
    Some(match *kind {
        Type::BOOL => "BOOLEAN",
        Type::INT2 => "SMALLINT",
        Type::INT4 => "INTEGER",
        Type::INT8 | Type::OID => "BIGINT",
        Type::FLOAT4 => "REAL",
        Type::FLOAT8 => "DOUBLE PRECISION",
        Type::NUMERIC => "DECIMAL(38, 10)",
        Type::DATE => "DATE",
        Type::TIME => "TIME",
        Type::TIMESTAMP => "TIMESTAMP",
        Type::TIMESTAMPTZ => "TIMESTAMP WITH TIME ZONE",
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UUID => "TEXT",
        _ => return None,
    })
}

/// Edits of a statement that is only to be foreseen: parameters whose types are known stand as such.
pub(crate) fn foreseen(piece: &Piece, known: &[Option<Type>], declared: &BTreeSet<usize>) -> Vec<Edit> {
    let edits = places(piece).into_iter().filter_map(|place| {
        let number = place.number;
        if let Some((range, instead)) = place.compared {
            return Some((range, format!("{instead} (${number})")));
        }
        let kind = known.get(number - 1)?.as_ref()?;
        let text = match (kind::item_of(kind), sql_name(kind)) {
            (Some(item), _) => format!("make_array(CAST(${number} AS {}))", sql_name(&item)?),
            (None, _) if *kind == Type::BYTEA => format!("decode(${number}, 'hex')"),
            (None, Some(name)) if declared.contains(&number) => format!("CAST(${number} AS {name})"),
            _ => return None,
        };
        Some((place.name, text))
    });
    edits.collect()
}

/// Edits of a statement that is to be run, and the arguments in the order in which it names them then.
pub(crate) fn bound(piece: &Piece, values: Vec<Value>) -> (Vec<Edit>, Vec<Argument>) {
    if values.iter().all(|value| matches!(value, Value::One(_))) {
        let one = |value| if let Value::One(argument) = value { Some(argument) } else { None };
        return (Vec::new(), values.into_iter().filter_map(one).collect());
    }
    let (mut arguments, mut texts) = (Vec::new(), Vec::new());
    for value in values {
        texts.push(written(value, &mut arguments));
    }
    let edits = places(piece).into_iter().filter_map(|place| {
        let text = texts.get(place.number - 1)?;
        Some(match (place.compared, &text.items) {
            (Some((range, instead)), Some(items)) => (range, format!("{instead} ({items})")),
            _ => (place.name, text.whole.clone()),
        })
    });
    (edits.collect(), arguments)
}

/// What takes the place of a parameter.
struct Written {
    whole: String,
    /// As the items of a list in parentheses, where it is one.
    items: Option<String>,
}

fn written(value: Value, arguments: &mut Vec<Argument>) -> Written {
    let mut next = |argument: Argument| {
        arguments.push(argument);
        format!("${}", arguments.len())
    };
    let whole = |whole| Written { whole, items: None };
    match value {
        Value::One(argument) => whole(next(argument)),
        Value::Declared(argument, name) => whole(format!("CAST({} AS {name})", next(argument))),
        Value::Bytes(argument) => whole(format!("decode({}, 'hex')", next(argument))),
        Value::List { item, items: None } => {
            Written { whole: format!("CAST(NULL AS {item}[])"), items: Some("NULL".to_owned()) }
        }
        Value::List { item, items: Some(items) } if items.is_empty() => {
            // Nothing is in it, also where nothing is known of what is looked for.
            let none = "SELECT NULL WHERE FALSE".to_owned();
            Written { whole: format!("CAST(make_array() AS {item}[])"), items: Some(none) }
        }
        Value::List { item, items: Some(items) } => {
            let names: Vec<String> = items.into_iter().map(next).collect();
            let cast: Vec<String> = names.iter().map(|name| format!("CAST({name} AS {item})")).collect();
            Written { whole: format!("make_array({})", cast.join(", ")), items: Some(names.join(", ")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::split;

    fn piece(sql: &str) -> Piece {
        split(sql).unwrap().remove(0)
    }

    fn run(sql: &str, values: Vec<Value>) -> (String, Vec<Argument>) {
        let piece = piece(sql);
        let (edits, arguments) = bound(&piece, values);
        (edited(&piece.sql, edits), arguments)
    }

    fn numbers(numbers: &[i64]) -> Vec<Argument> {
        numbers.iter().map(|number| Argument::Integer(*number)).collect()
    }

    fn list(items: &[i64]) -> Value {
        Value::List { item: "BIGINT", items: Some(numbers(items)) }
    }

    #[test]
    fn types_are_taken_from_casts() {
        let found =
            casts(&piece("SELECT $1::int, CAST($2 AS timestamptz), $3::text[], $4, $1::text, $5::pg_catalog.oid"));
        let expected = [(1, Type::INT4), (2, Type::TIMESTAMPTZ), (3, Type::TEXT_ARRAY), (5, Type::OID)];
        assert_eq!(found, expected.into());
        assert_eq!(lists(&piece("SELECT 1 WHERE a = ANY($1) AND b = $2 AND c <> ALL ( $3 )")), [1, 3].into());
    }

    #[test]
    fn lists_are_put_together_from_values() {
        let sql = "SELECT $1, $2 WHERE a = ANY($1) AND b <> ALL($1) AND c = $2";
        let (text, arguments) = run(sql, vec![list(&[7, 8]), Value::One(Argument::Integer(9))]);
        let whole = "make_array(CAST($1 AS BIGINT), CAST($2 AS BIGINT))";
        assert_eq!(text, format!("SELECT {whole}, $3 WHERE a IN ($1, $2) AND b NOT IN ($1, $2) AND c = $3"));
        assert_eq!(arguments, numbers(&[7, 8, 9]));
        let (text, arguments) = run("SELECT a = ANY($1), unnest($1), $2", vec![list(&[]), Value::One(Argument::Null)]);
        assert_eq!(text, "SELECT a IN (SELECT NULL WHERE FALSE), unnest(CAST(make_array() AS BIGINT[])), $1");
        assert_eq!(arguments, [Argument::Null]);
        let (text, _) = run("SELECT a = ANY($1)", vec![Value::List { item: "TEXT", items: None }]);
        assert_eq!(text, "SELECT a IN (NULL)");
    }

    #[test]
    fn bytes_and_declared_values_get_their_type() {
        let hex = Value::Bytes(Argument::Text("00ff".to_owned()));
        let (text, _) = run("SELECT $1 WHERE c = $2", vec![Value::Declared(Argument::Integer(1), "SMALLINT"), hex]);
        assert_eq!(text, "SELECT CAST($1 AS SMALLINT) WHERE c = decode($2, 'hex')");
        let plain = run("SELECT $2, '$1'", vec![Value::One(Argument::Null), Value::One(Argument::Integer(2))]);
        assert_eq!(plain, ("SELECT $2, '$1'".to_owned(), vec![Argument::Null, Argument::Integer(2)]));
    }

    #[test]
    fn what_is_foreseen_stands_for_what_will_be_there() {
        let piece = piece("SELECT $3 WHERE a = ANY($1) AND b = $2 AND d && $4");
        let known = [None, Some(Type::BYTEA), Some(Type::INT4), Some(Type::TEXT_ARRAY)];
        let sql = edited(&piece.sql, foreseen(&piece, &known, &[3].into()));
        let expected = "SELECT CAST($3 AS INTEGER) WHERE a IN ($1) AND b = decode($2, 'hex') \
            AND d && make_array(CAST($4 AS TEXT))";
        assert_eq!(sql, expected);
    }
}
