//! Over PostgreSQL's wire protocol: values as text, and values as bytes.

use std::error::Error;

use tokio_postgres::{
    Client, Config, NoTls, SimpleQueryMessage,
    types::{FromSql, Type},
};

use super::{
    Answer, Asker,
    table::{Cell, Row},
};

/// Days from the first one of Unix to the first one of PostgreSQL.
const EPOCH: i32 = 10_957;

/// A connection.
pub(crate) struct Postgres(pub(crate) Client);

impl Asker<'_> {
    /// Signs in with the token for a password.
    pub(crate) async fn postgres(&self) -> Result<Postgres, String> {
        let mut config = Config::new();
        config.host(self.home.postgres.ip().to_string()).port(self.home.postgres.port());
        config.user(&self.user).password(&self.token).dbname("dev");
        if let Some(purpose) = &self.purpose {
            config.options(format!("-c outport.purpose={}", purpose.replace(' ', "\\ ")));
        }
        let (client, connection) = config.connect(NoTls).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        Ok(Postgres(client))
    }
}

impl Postgres {
    /// A query of the simple protocol, which answers in text.
    pub(crate) async fn text(&self, sql: &str) -> Answer {
        let messages = self.0.simple_query(sql).await.map_err(|error| said(&error))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let cell = |value: Option<&str>| value.map_or(Cell::Missing, |text| Cell::Text(text.to_owned()));
        let row = |row: &tokio_postgres::SimpleQueryRow| -> Row {
            let names = row.columns().iter().map(|column| column.name().to_owned());
            names.enumerate().map(|(at, name)| (name, cell(row.get(at)))).collect()
        };
        Ok(rows.map(row).collect())
    }

    /// A query of the extended protocol, which answers in bytes.
    pub(crate) async fn bytes(&self, sql: &str) -> Answer {
        let rows = self.0.query(sql, &[]).await.map_err(|error| said(&error))?;
        let row = |row: &tokio_postgres::Row| -> Row {
            let names = row.columns().iter().map(|column| column.name().to_owned());
            names.enumerate().map(|(at, name)| (name, row.get::<_, Value>(at).0)).collect()
        };
        Ok(rows.iter().map(row).collect())
    }
}

/// What the server said of an error.
pub(crate) fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => {
            let place = said.position().map_or_else(String::new, |position| format!(" at {position:?}"));
            let more = [said.detail(), said.hint()].into_iter().flatten().collect::<Vec<_>>().join("; ");
            format!("{} {}{place} {more}", said.code().code(), said.message())
        }
        None => format!("no answer: {error}"),
    }
}

/// A value as it is on the wire.
struct Value(Cell);

impl<'a> FromSql<'a> for Value {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *of {
            Type::BOOL => Cell::Flag(raw == [1]),
            Type::INT2 => Cell::Number(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Cell::Number(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Cell::Number(i64::from_be_bytes(raw.try_into()?)),
            Type::TEXT | Type::VARCHAR | Type::NAME => Cell::Text(String::from_utf8(raw.to_vec())?),
            Type::DATE => {
                let days = i32::from_be_bytes(raw.try_into()?) + EPOCH;
                Cell::Text(chrono::NaiveDate::from_epoch_days(days).ok_or("no day")?.to_string())
            }
            Type::NUMERIC => Cell::Text(numeric(raw).ok_or("no number")?),
            ref other => return Err(format!("{other} is not read here").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Cell::Missing))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A decimal number: how many digits of four, the weight of the first, the sign, how many places are shown, the digits.
#[expect(clippy::format_collect, reason = "digits are few")]
fn numeric(raw: &[u8]) -> Option<String> {
    let halves: Vec<i16> = raw.chunks_exact(2).map(|half| i16::from_be_bytes([half[0], half[1]])).collect();
    let [_, weight, sign, scale, digits @ ..] = halves.as_slice() else { return None };
    let digit = |place: i16| -> i16 {
        let at = usize::try_from(*weight - place).ok();
        at.and_then(|at| digits.get(at)).copied().unwrap_or(0)
    };
    let whole: String = (0..=(*weight).max(0)).rev().map(|place| format!("{:04}", digit(place))).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let places = usize::try_from(*scale).ok()?;
    let groups = i16::try_from(places.div_ceil(4)).ok()?;
    let fraction: String = (1..=groups).map(|place| format!("{:04}", digit(-place))).collect();
    let sign = if *sign == 0x4000 { "-" } else { "" };
    let point = if places == 0 { String::new() } else { format!(".{}", &fraction[..places]) };
    Some(format!("{sign}{whole}{point}"))
}

#[test]
fn numbers_are_read_as_they_are_on_the_wire() {
    let number = |halves: &[i16]| numeric(&halves.iter().flat_map(|half| half.to_be_bytes()).collect::<Vec<_>>());
    assert_eq!(number(&[2, 0, 0, 2, 12, 5000]).unwrap(), "12.50");
    assert_eq!(number(&[1, -1, 0x4000, 2, 300]).unwrap(), "-0.03");
    assert_eq!(number(&[0, 0, 0, 2]).unwrap(), "0.00");
    assert_eq!(number(&[2, 1, 0, 0, 1, 2]).unwrap(), "10002");
}
