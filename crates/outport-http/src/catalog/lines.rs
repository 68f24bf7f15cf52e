//! Lines to copy and paste, one for each client, with the addresses of this server and what this reader sees.
//!
//! `$OUTPORT_TOKEN` stands for a token of theirs: none is ever written here.

use outport_app::gate::catalog::{ColumnSight, PageTable, ProductPage};
use outport_model::{name::ProductName, principal::PrincipalId};
use serde::Serialize;
use serde_json::json;

use crate::{
    Options,
    graphql::plain,
    options::{Addresses, Endpoint},
};

/// Columns of a line at most.
const COLUMNS: usize = 4;

/// How a product is used through one door.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Door {
    /// The door, as it is on record.
    door: &'static str,
    title: &'static str,
    /// Where it is.
    address: Option<String>,
    lines: Vec<Line>,
}

/// Something to copy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    title: &'static str,
    language: &'static str,
    text: String,
}

/// How someone uses a product: by its first table that they may read, through the doors that are open. Nothing where
/// there is none, or where this server does not know its own address.
pub(super) fn of(page: &ProductPage, reader: &PrincipalId, options: &Options) -> Vec<Door> {
    let mut tables = page.outputs.iter().filter(|port| port.readable).flat_map(|port| &port.tables);
    let table = tables.find(|table| !table.columns.is_empty());
    let (Some(table), Some(http), Some(_)) = (table, options.http(), page.card.release) else { return Vec::new() };
    let lines = Lines { page, product: &page.card.name, table, reader, http, secure: options.is_secure() };
    let Addresses { postgres, flight, .. } = &options.addresses;
    let mut doors = vec![lines.sql()];
    doors.extend(postgres.as_ref().map(|at| lines.postgres(at)));
    doors.extend(flight.as_ref().map(|at| lines.flight(at)));
    // These give rows, and no groups of rows.
    if table.minimum_group.is_none() {
        doors.extend([lines.rest(), lines.download(), lines.sharing(), lines.graphql(), lines.changes()]);
    }
    doors.push(lines.mcp());
    doors
}

/// All that lines are made of.
struct Lines<'a> {
    page: &'a ProductPage,
    product: &'a ProductName,
    table: &'a PageTable,
    reader: &'a PrincipalId,
    http: String,
    secure: bool,
}

const SIGNED: &str = "-H \"Authorization: Bearer $OUTPORT_TOKEN\"";

impl Lines<'_> {
    /// The columns to show: those that are seen as they are before those that are masked.
    fn columns(&self) -> Vec<&str> {
        let plain = self.table.columns.iter().filter(|column| column.access == ColumnSight::Plain);
        let masked = self.table.columns.iter().filter(|column| column.access != ColumnSight::Plain);
        let columns = plain.chain(masked).map(|column| column.name.as_str());
        // Of any other name it depends on the door how it is written.
        columns.filter(|name| is_plain(name)).take(COLUMNS).collect()
    }

    /// A query to begin with.
    fn query(&self) -> String {
        let name = &self.table.sql_name;
        let columns = self.columns();
        match columns.as_slice() {
            _ if self.table.minimum_group.is_some() => format!("SELECT count(*) FROM {name}"),
            [] => format!("SELECT * FROM {name} LIMIT 10"),
            columns => format!("SELECT {} FROM {name} LIMIT 10", columns.join(", ")),
        }
    }

    fn sql(&self) -> Door {
        let (http, query) = (&self.http, self.query());
        let asked = shell(&query);
        let curl = format!(
            "curl -s {http}/v1/sql {SIGNED} -H 'Content-Type: text/plain' -H 'Accept: text/csv' --data {asked}"
        );
        let python = format!(
            "import os, urllib.request\n\n\
             request = urllib.request.Request(\n    \"{http}/v1/sql?format=csv\",\n    data={}.encode(),\n    \
             headers={{\"Authorization\": \"Bearer \" + os.environ[\"OUTPORT_TOKEN\"], \"Content-Type\": \"text/plain\"}},\n)\n\
             print(urllib.request.urlopen(request).read().decode())",
            json!(query)
        );
        let outport = format!("outport query {asked} --server {http}");
        door(
            "sql",
            "SQL over HTTP",
            Some(format!("{http}/v1/sql")),
            vec![
                line("SQL", "sql", query),
                line("curl", "bash", curl),
                line("Python", "python", python),
                line("outport", "bash", outport),
            ],
        )
    }

    fn postgres(&self, at: &Endpoint) -> Door {
        let Endpoint { host, port } = at;
        let encrypted = if self.secure { " sslmode=require" } else { "" };
        let workspace = &self.page.workspace;
        let user = of_connection(self.reader.as_str());
        let connection = shell(&format!("host={host} port={port} dbname={workspace} user={user}{encrypted}"));
        let psql = format!("PGPASSWORD=\"$OUTPORT_TOKEN\" psql {connection} -c {}", shell(&self.query()));
        let python = format!(
            "import os, psycopg\n\n\
             connection = psycopg.connect(\n    host={}, port={port}, dbname={}, user={}, \
             password=os.environ[\"OUTPORT_TOKEN\"]{}\n)\n\
             print(connection.execute({}).fetchall())",
            json!(host),
            json!(workspace),
            json!(self.reader),
            if self.secure { ", sslmode=\"require\"" } else { "" },
            json!(self.query()),
        );
        let tool = format!(
            "Host      {host}\nPort      {port}\nDatabase  {workspace}\nUser      {}\nPassword  a token\nSSL       {}\nTable     {}",
            self.reader,
            if self.secure { "required" } else { "off" },
            self.table.sql_name,
        );
        door(
            "postgres",
            "PostgreSQL",
            Some(at.to_string()),
            vec![line("psql", "bash", psql), line("Python", "python", python), line("BI tools", "text", tool)],
        )
    }

    fn flight(&self, at: &Endpoint) -> Door {
        let scheme = if self.secure { "grpc+tls" } else { "grpc" };
        let address = format!("{scheme}://{at}");
        let python = format!(
            "import os\nfrom adbc_driver_flightsql import dbapi\n\n\
             options = {{\"username\": {}, \"password\": os.environ[\"OUTPORT_TOKEN\"]}}\n\
             with dbapi.connect(\"{address}\", db_kwargs=options, autocommit=True) as connection:\n    \
             print(connection.execute({}).fetch_arrow_table())",
            json!(self.reader),
            json!(self.query()),
        );
        door("flight", "Arrow Flight SQL", Some(address), vec![line("ADBC in Python", "python", python)])
    }

    fn rest(&self) -> Door {
        let (http, product, table) = (&self.http, self.product, &self.table.name);
        let address = format!("{http}/v1/data/{product}/{table}");
        let select = match self.columns().as_slice() {
            [] => String::new(),
            columns => format!("select={}&", columns.join(",")),
        };
        let curl = format!("curl -s {} {SIGNED}", shell(&format!("{address}?{select}limit=10")));
        let document = format!("curl -s {http}/v1/data/{product}/openapi.json {SIGNED}");
        door("rest", "REST", Some(address), vec![line("curl", "bash", curl), line("OpenAPI", "bash", document)])
    }

    fn download(&self) -> Door {
        let address = format!("{}/v1/download/{}/{}.parquet", self.http, self.product, self.table.name);
        let curl = format!("curl -sOJ {address} {SIGNED}");
        door("download", "Download", Some(address), vec![line("curl", "bash", curl)])
    }

    fn sharing(&self) -> Door {
        let address = format!("{}/delta-sharing", self.http);
        let python = format!(
            "import json, os, delta_sharing\n\n\
             profile = {{\"shareCredentialsVersion\": 1, \"endpoint\": \"{address}\", \"bearerToken\": os.environ[\"OUTPORT_TOKEN\"]}}\n\
             with open(\"outport.share\", \"w\") as file:\n    json.dump(profile, file)\n\
             print(delta_sharing.load_as_pandas(\"outport.share#{}.ports.{}\").head())",
            self.product, self.table.name
        );
        door("sharing", "Delta Sharing", Some(address), vec![line("pandas", "python", python)])
    }

    fn graphql(&self) -> Door {
        let address = format!("{}/graphql", self.http);
        let field = plain(&format!("{}_{}", self.product.sql(), self.table.name.sql()));
        let columns = self.columns();
        let nodes = if columns.is_empty() { "__typename".to_owned() } else { columns.join(" ") };
        let query = format!("{{ {field}(first: 10) {{ nodes {{ {nodes} }} }} }}");
        let body = shell(&json!({ "query": query }).to_string());
        let curl = format!("curl -s {address} {SIGNED} -H 'Content-Type: application/json' --data {body}");
        door("graphql", "GraphQL", Some(address), vec![line("Query", "text", query), line("curl", "bash", curl)])
    }

    fn changes(&self) -> Door {
        let address = format!("{}/v1/changes/{}", self.http, self.product);
        let curl = format!("curl -sN {address} {SIGNED}");
        door("changes", "Changes", Some(address), vec![line("curl", "bash", curl)])
    }

    fn mcp(&self) -> Door {
        let address = format!("{}/mcp", self.http);
        let server = json!({
            "type": "http", "url": address, "headers": { "Authorization": "Bearer $OUTPORT_TOKEN" },
        });
        let settings = json!({ "mcpServers": { "outport": server } });
        let settings = serde_json::to_string_pretty(&settings).unwrap_or_default();
        let ask = format!("Use outport to describe the product {} and show a few rows of it.", self.product);
        door(
            "mcp",
            "Agents (MCP)",
            Some(address),
            vec![line("Settings of an agent", "json", settings), line("Ask", "text", ask)],
        )
    }
}

const fn door(door: &'static str, title: &'static str, address: Option<String>, lines: Vec<Line>) -> Door {
    Door { door, title, address, lines }
}

const fn line(title: &'static str, language: &'static str, text: String) -> Line {
    Line { title, language, text }
}

/// Whether a name is the same in SQL, GraphQL and addresses without any sign around it.
fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A value as the connection strings of PostgreSQL have it.
fn of_connection(value: &str) -> String {
    if value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | ':')) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// A text as one word of a shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_is_given_is_one_word() {
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell("$(true) `true`"), "'$(true) `true`'");
    }

    #[test]
    fn names_of_users_are_one_value_of_a_connection() {
        assert_eq!(of_connection("ann@example.com"), "ann@example.com");
        assert_eq!(of_connection(r"o'neil \ x"), r"'o\'neil \\ x'");
    }

    #[test]
    fn names_that_need_signs_are_left_out() {
        for (name, is) in [("region", true), ("a_2", true), ("Name", false), ("2x", false), ("a-b", false), ("", false)]
        {
            assert_eq!(is_plain(name), is, "{name}");
        }
    }
}
