//! `outport serve`: where it listens, what it takes, and how it stops.

use std::{
    fs::File,
    io::Write,
    net::TcpStream,
    process::{Command, Stdio},
};

use arrow::record_batch::RecordBatch;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tokio_postgres::{Config, NoTls};
use tonic::transport::{Channel, Endpoint};

use crate::{
    place::{Place, Ran, snapshot},
    served::{Served, serve, token},
    shop::open_shop,
};

const FREE: &str = "127.0.0.1:0";

/// Where every machine could come to.
const OPEN: &str = "0.0.0.0:0";

/// A home with `shop` and an administrator, `root`.
fn home() -> Place {
    let place = open_shop();
    place.run(&["user", "set", "root", "--group", "administrators"]).succeeded();
    place
}

/// What `outport serve` says where it opens nothing.
#[track_caller]
fn refused(place: &Place, arguments: &[&str]) -> Ran {
    let ran = place.run(&[&["serve"][..], arguments].concat());
    assert_eq!(ran.code, 1, "{}", ran.text());
    ran
}

#[test]
fn without_a_certificate_only_this_machine_is_served() {
    let place = home();
    snapshot!(place, refused(&place, &["--http", OPEN]), @"
    exit 1
    --- stderr
    error: `0.0.0.0:0` is open to other machines, and there is no certificate: credentials would come in the clear
    help: set `certificate` and `key` in `[serve]`; or listen on a loopback address, such as 127.0.0.1; or, where a proxy in front ends TLS, set `behind_tls_proxy = true`
    ");
    for door in ["--postgres", "--flight"] {
        let ran = refused(&place, &["--http", FREE, door, OPEN]);
        assert!(ran.stderr.contains("`0.0.0.0:0` is open to other machines"), "{door}: {}", ran.stderr);
    }
    let written = refused(&place, &["--http", "[::]:0"]);
    assert!(written.stderr.contains("behind_tls_proxy"), "{}", written.stderr);
}

#[test]
fn behind_a_proxy_that_ends_tls_others_are_served() {
    let place = home();
    let root = token(&place, "root");
    place.write("home/outport.toml", "[serve]\nbehind_tls_proxy = true\n");
    let served = Served::start(serve(&place).args(["--http", OPEN, "--postgres", OPEN, "--flight", OPEN]));
    let port = served.http().rsplit_once(':').unwrap().1;
    let url = format!("http://127.0.0.1:{port}/v1/data/shop/sales/1");
    let reply = curl(&root, &[&url]);
    assert!(reply.contains("apple"), "{reply}");
}

/// The settings that open every door with [`certificate`].
pub(crate) const ENCRYPTED: &str = "[serve]\ncertificate = \"tls/localhost.crt\"\nkey = \"tls/localhost.key\"\n";

/// The certificate of the tests of HTTP, for `localhost`; nobody else vouches for it.
pub(crate) fn certificate(place: &Place) {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../outport-http/tests/it/fixtures");
    for file in ["localhost.crt", "localhost.key"] {
        place.write(&format!("home/tls/{file}"), std::fs::read(format!("{fixtures}/{file}")).unwrap());
    }
}

#[track_caller]
fn curl(token: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--max-time", "60", "--config", "-"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("`curl` is installed");
    writeln!(child.stdin.take().unwrap(), "header = \"Authorization: Bearer {token}\"").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "curl {arguments:?}: {:?}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn with_a_certificate_every_door_is_encrypted() {
    let place = home();
    let root = token(&place, "root");
    certificate(&place);
    place.write("home/outport.toml", ENCRYPTED);
    let served = Served::start(serve(&place).args(["--http", OPEN, "--postgres", OPEN, "--flight", OPEN]));
    let port = served.http().rsplit_once(':').unwrap().1;
    assert!(served.http().starts_with("https://"), "{}", served.http());
    let trusted = place.path("home/tls/localhost.crt");
    let resolved = format!("localhost:{port}:127.0.0.1");
    let url = format!("https://localhost:{port}/v1/data/shop/sales/1");
    let said = curl(&root, &["--cacert", trusted.to_str().unwrap(), "--resolve", &resolved, "--include", &url]);
    assert!(said.contains("apple"), "{said}");
    assert!(said.to_lowercase().contains("strict-transport-security: max-age="), "{said}");

    let psql = |mode: &str| {
        let mut command = Command::new("psql");
        command.env("PGPASSWORD", &root).env("PGSSLMODE", mode).env("PGSSLROOTCERT", &trusted);
        let to =
            format!("host=localhost hostaddr=127.0.0.1 port={} user=root dbname=dev", served.address("postgres").1);
        command.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            &to,
            "--command",
            "SELECT count(*) FROM shop.sales",
        ]);
        let output = command.output().expect("`psql` is installed");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(psql("verify-full"), (true, "2\n".to_owned()));
    // Whoever does not encrypt gets no further than HTTP and Flight let them.
    for door in ["http", "flight"] {
        let port = match door {
            "http" => port,
            _ => served.address("flight").1,
        };
        let url = format!("http://127.0.0.1:{port}/health");
        let plain = Command::new("curl").args(["--silent", "--max-time", "20", &url]).output().unwrap();
        assert!(!plain.status.success(), "{door}: {}", String::from_utf8_lossy(&plain.stdout));
    }
}

#[test]
fn a_certificate_that_cannot_be_used_serves_nothing() {
    let place = home();
    certificate(&place);
    place.write("home/outport.toml", "[serve]\ncertificate = \"tls/localhost.crt\"\nkey = \"tls/missing.key\"\n");
    let ran = refused(&place, &["--http", FREE]);
    assert!(ran.stderr.contains("tls/missing.key` cannot be used for TLS"), "{}", ran.stderr);
    place.write("home/outport.toml", "[serve]\ncertificate = \"tls/localhost.crt\"\n");
    let ran = refused(&place, &["--http", FREE]);
    assert!(ran.stderr.contains("names a certificate without its key"), "{}", ran.stderr);
    place.write("home/tls/localhost.key", "not a key");
    place.write("home/outport.toml", ENCRYPTED);
    let ran = refused(&place, &["--http", FREE]);
    assert!(ran.stderr.contains("tls/localhost.key` cannot be used for TLS"), "{}", ran.stderr);
}

#[test]
fn limits_on_memory_are_named_and_on_record() {
    let place = home();
    let root = token(&place, "root");
    place.write("home/outport.toml", "[limits]\nmemory = \"8MiB\"\n");
    let served = Served::open(&place);
    let join =
        "SELECT count(*) FROM generate_series(1, 2000000) a JOIN generate_series(1, 2000000) b ON a.value = b.value";
    let (status, body) = served.post_sql(&root, join);
    assert_eq!(status, 422, "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["type"], "urn:outport:problem:limit");
    assert_eq!(problem["detail"], "the limit `memory` of 8MiB is reached");
    served.sql(&root, "SELECT count(*) FROM shop.sales");
    drop(served);
    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let records = records.as_array().unwrap();
    let of_join = records.iter().find(|record| record["request"] == join).unwrap();
    assert_eq!(of_join["result"], json!({"kind": "limited", "limit": "memory"}));
}

#[test]
fn each_request_is_traced_without_what_it_asks() {
    let place = home();
    let root = token(&place, "root");
    let log = place.path("serve.log");
    let mut command = serve(&place);
    command.env("OUTPORT_LOG", "off,outport=info").env("NO_COLOR", "1").stderr(File::create(&log).unwrap());
    let mut served = Served::start(command.args(["--http", FREE]));
    served.sql(&root, "SELECT item FROM shop.sales WHERE item = 'apple'");
    assert_eq!(served.post_sql(&root, "SELECT nothing FROM shop.sales").0, 400);
    served.signal("TERM");
    assert_eq!(served.ended(), Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    let ends: Vec<&str> = text.lines().filter(|line| line.contains("the request has ended")).collect();
    let [answered, failed] = ends.as_slice() else { panic!("{text}") };
    for field in ["door=\"sql\"", "principal=\"user\"", "request=", "products=\"shop\"", "rows=1", "microseconds="] {
        assert!(answered.contains(field), "{field}: {answered}");
    }
    assert!(failed.contains("error=\"query\""), "{failed}");
    for hidden in ["apple", "nothing", "root", root.as_str()] {
        assert!(!text.contains(hidden), "`{hidden}`: {text}");
    }
}

/// 20 MB of rows: more than what lies between a server and a client that takes nothing.
const MANY: usize = 20_000;

fn many() -> String {
    format!("SELECT repeat('x', 1000) AS x FROM generate_series(1, {MANY})")
}

type Flight = FlightSqlServiceClient<Channel>;

/// Clients of every door that have the first of many rows, and take the others later.
struct Readers {
    http: reqwest::Response,
    postgres: std::pin::Pin<Box<tokio_postgres::RowStream>>,
    flight: arrow_flight::decode::FlightRecordBatchStream,
    _kept: (tokio_postgres::Client, Flight),
}

impl Readers {
    async fn begin(served: &Served, token: &str, sql: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let asked = client.post(format!("{}/v1/sql?format=csv", served.http())).bearer_auth(token).body(sql.to_owned());
        let http = asked.send().await.unwrap().error_for_status().unwrap();

        let (host, port) = served.address("postgres");
        let mut config = Config::new();
        config.host(host).port(port.parse().unwrap()).user("root").password(token).dbname("dev");
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let rows = client.query_raw(sql, std::iter::empty::<&str>()).await.unwrap();
        let mut postgres = Box::pin(rows);
        postgres.next().await.unwrap().unwrap();

        let (host, port) = served.address("flight");
        let endpoint = Endpoint::from_shared(format!("http://{host}:{port}")).unwrap();
        let mut door = Flight::new(endpoint.connect().await.unwrap());
        door.set_token(token.to_owned());
        let info = door.execute(sql.to_owned(), None).await.unwrap();
        let flight = door.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
        Self { http, postgres, flight, _kept: (client, door) }
    }

    /// How many rows came in all, or that they were broken off.
    async fn rest(mut self) -> [Result<usize, String>; 3] {
        let http = async {
            let mut body = Vec::new();
            while let Some(piece) = self.http.chunk().await.map_err(|error| error.to_string())? {
                body.extend_from_slice(&piece);
            }
            Ok(String::from_utf8_lossy(&body).lines().count() - 1)
        };
        let postgres = async {
            let rest: Result<Vec<_>, _> = self.postgres.try_collect().await;
            rest.map(|rest| rest.len() + 1).map_err(|error| format!("{error:?}"))
        };
        let flight = async {
            let batches: Result<Vec<_>, _> = self.flight.try_collect().await;
            batches.map(|all| all.iter().map(RecordBatch::num_rows).sum::<usize>()).map_err(|error| error.to_string())
        };
        let (http, postgres, flight) = tokio::join!(http, postgres, flight);
        [http, postgres, flight]
    }
}

/// Waits until nobody listens any more.
fn closed(served: &Served) {
    let http = served.http().strip_prefix("http://").unwrap().to_owned();
    let of = |door| {
        let (host, port) = served.address(door);
        format!("{host}:{port}")
    };
    for address in [http, of("postgres"), of("flight")] {
        let closed = (0..6_000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            TcpStream::connect(&address).is_err()
        });
        assert!(closed, "{address} is still listened on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_ends_at_every_door_before_the_server_does() {
    let place = home();
    let root = token(&place, "root");
    // However slow the machine is.
    place.write("home/outport.toml", "[serve]\ndrain_seconds = 600\n");
    let mut served = Served::open(&place);
    let readers = Readers::begin(&served, &root, &many()).await;
    served.signal("TERM");
    closed(&served);
    assert_eq!(readers.rest().await, [Ok(MANY), Ok(MANY), Ok(MANY)]);
    assert_eq!(served.ended(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_broken_off_at_every_door() {
    let place = home();
    let root = token(&place, "root");
    place.write("home/outport.toml", "[serve]\ndrain_seconds = 1\n");
    let mut served = Served::open(&place);
    let endless = "SELECT value FROM generate_series(1, 1000000000000)";
    let readers = Readers::begin(&served, &root, endless).await;
    served.signal("INT");
    let [http, postgres, flight] = readers.rest().await;
    assert!(http.is_err() && postgres.is_err() && flight.is_err(), "{http:?}, {postgres:?}, {flight:?}");
    assert_eq!(served.ended(), Some(0));
    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let ends: Vec<&Value> = records
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["request"] == endless)
        .map(|r| &r["result"]["kind"])
        .collect();
    assert_eq!(ends, ["cancelled", "cancelled", "cancelled"], "each is on record once");
}
