//! psql as a client.

use std::process::Stdio;

use tokio::process::Command;

use crate::home::Home;

/// psql, as ann.
pub(crate) struct Psql(Command);

/// What psql printed.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Psql {
    pub(crate) fn new(home: &Home) -> Self {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-h", "127.0.0.1", "-p", &home.address.port().to_string(), "-U", "ann", "-d", "dev"]);
        psql.env("PGPASSWORD", "ann's secret").env("PGCLIENTENCODING", "UTF8").env_remove("PGOPTIONS");
        psql.args(["-A", "-t", "-F", "|", "-P", "footer=off"]).stdin(Stdio::null());
        Self(psql)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs commands, each by itself.
    pub(crate) async fn run_all(mut self, commands: &[&str]) -> Printed {
        for command in commands {
            self.0.args(["-c", command]);
        }
        let output = self.0.output().await.expect("psql is needed: install the Debian package `postgresql-client`");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Printed { out: text(output.stdout), error: text(output.stderr) }
    }

    pub(crate) async fn run(self, command: &str) -> Printed {
        self.run_all(&[command]).await
    }
}
