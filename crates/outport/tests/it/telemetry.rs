//! Traces of `outport serve` and of runs, as a collector gets them over OTLP.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    place::{Place, ran, snapshot},
    served::{Served, serve, token},
    shop::{open_shop, shop},
    through::flight,
};

const FREE: &str = "127.0.0.1:0";

/// The trace of someone who asks, and their span in it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A question with a value that nobody but its caller and the record may learn.
const SQL: &str = "SELECT item FROM shop.sales WHERE item = 'apple'";

/// A collector that takes what is sent to it.
struct Collector {
    address: SocketAddr,
    taken: Taken,
    _runtime: tokio::runtime::Runtime,
}

/// What came in one call, and the credential that came with it.
type Export = (Option<String>, ExportTraceServiceRequest);

#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<Export>>>);

#[tonic::async_trait]
impl TraceService for Taken {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let shown = request.metadata().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.0.lock().unwrap().push((shown, request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A span, with its fields as text.
#[derive(Debug, Clone, PartialEq)]
struct Traced {
    name: String,
    trace: String,
    id: String,
    /// Empty where it begins its trace.
    parent: String,
    kind: SpanKind,
    failed: bool,
    /// In nanoseconds since 1970.
    times: (u64, u64),
    fields: BTreeMap<String, String>,
}

impl Collector {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let within = runtime.enter();
        let incoming = TcpIncoming::bind(FREE.parse().unwrap()).unwrap();
        drop(within);
        let (address, taken) = (incoming.local_addr().unwrap(), Taken::default());
        let service = TraceServiceServer::new(taken.clone());
        runtime.spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        Self { address, taken, _runtime: runtime }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came, one span each.
    fn spans(&self) -> Vec<Traced> {
        let taken = self.taken.0.lock().unwrap();
        let resources = taken.iter().flat_map(|(_, request)| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).map(traced).collect()
    }

    /// All that came, to look for what must not.
    fn text(&self) -> String {
        let taken = self.taken.0.lock().unwrap();
        format!("{:?}", taken.iter().map(|(_, request)| request).collect::<Vec<_>>())
    }

    /// What is said of the process that sends.
    fn resource(&self) -> BTreeMap<String, String> {
        let taken = self.taken.0.lock().unwrap();
        let first = taken.first().expect("something came");
        fields(&first.1.resource_spans[0].resource.as_ref().unwrap().attributes)
    }

    /// What was shown with each request.
    fn shown(&self) -> BTreeSet<Option<String>> {
        self.taken.0.lock().unwrap().iter().map(|(shown, _)| shown.clone()).collect()
    }
}

fn traced(span: &Span) -> Traced {
    assert!(span.events.is_empty(), "{span:?}");
    Traced {
        name: span.name.clone(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind(),
        failed: span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error),
        times: (span.start_time_unix_nano, span.end_time_unix_nano),
        fields: fields(&span.attributes),
    }
}

fn fields(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let value =
        |field: &KeyValue| field.value.as_ref().and_then(|value| value.value.as_ref()).map_or_else(String::new, text);
    attributes.iter().map(|field| (field.key.clone(), value(field))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The only span of this name.
#[track_caller]
fn one<'a>(spans: &'a [Traced], name: &str) -> &'a Traced {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let [one] = found.as_slice() else { panic!("{} spans `{name}` of {spans:#?}", found.len()) };
    one
}

/// The names of what is directly below a span, in the order in which it began.
fn below<'a>(spans: &'a [Traced], parent: &Traced) -> Vec<&'a str> {
    let mut found: Vec<_> = spans.iter().filter(|span| span.parent == parent.id).collect();
    found.sort_by_key(|span| span.times);
    found.into_iter().map(|span| span.name.as_str()).collect()
}

/// Nothing is missing between a span and the beginning of its trace.
#[track_caller]
fn whole(spans: &[Traced]) {
    let known: BTreeSet<_> = spans.iter().map(|span| span.id.as_str()).chain(["", CALLER]).collect();
    for span in spans {
        assert!(known.contains(span.parent.as_str()), "what is above {span:?} is lost");
        assert!(span.times.0 <= span.times.1, "{span:?}");
    }
}

/// A home with `shop`, an administrator, and settings.
fn home(settings: &str) -> (Place, String) {
    let place = open_shop();
    place.run(&["user", "set", "root", "--group", "administrators"]).succeeded();
    let root = token(&place, "root");
    place.write("home/outport.toml", settings);
    (place, root)
}

fn traceparent(trace: &str) -> String {
    format!("traceparent: 00-{trace}-{CALLER}-01")
}

#[test]
fn requests_at_every_door_belong_to_the_trace_of_their_caller() {
    let collector = Collector::open();
    let (place, root) = home(&format!(
        "[telemetry]\nendpoint = \"{}\"\nservice_name = \"shop\"\n[telemetry.headers]\nauthorization = {{env = \"KEY\"}}\n",
        collector.endpoint()
    ));
    let mut command = serve(&place);
    command.args(["--http", FREE, "--postgres", FREE, "--flight", FREE]).env("KEY", "Bearer s3cret");
    let mut served = Served::start(&mut command);

    let json = ["--header", "Content-Type: application/json"];
    let body = serde_json::json!({ "sql": SQL }).to_string();
    let parent = traceparent(TRACE);
    let asked = [&json[..], &["--header", parent.as_str(), "--data", body.as_str()]].concat();
    assert_eq!(served.curl("/v1/sql", Some(&root), &asked).0, 200);
    let flown = "f".repeat(32);
    assert_eq!(fly(&served, &root, &flown), 1);
    assert_eq!(served.curl("/v1/data/shop/sales/2", Some(&root), &[]).0, 200);
    assert_eq!(served.post_sql(&root, "SELECT pear FROM shop.sales").0, 400);
    assert_eq!(served.curl("/v1/data/shop/sales", Some("outport_wrong"), &[]).0, 401);
    assert_eq!(served.curl("/health", None, &[]).0, 200);
    psql(&served, &root);
    served.signal("TERM");
    assert_eq!(served.ended(), Some(0));

    let spans = collector.spans();
    whole(&spans);
    // Over HTTP.
    let of_caller: Vec<_> = spans.iter().filter(|span| span.trace == TRACE).cloned().collect();
    let http = one(&of_caller, "POST /v1/sql");
    assert_eq!((http.parent.as_str(), http.kind, http.failed), (CALLER, SpanKind::Server, false));
    let named = |span: &Traced, name: &str| span.fields.get(name).cloned().unwrap_or_default();
    assert_eq!(named(http, "http.request.method"), "POST");
    assert_eq!(named(http, "http.route"), "/v1/sql");
    assert_eq!(named(http, "http.response.status_code"), "200");
    assert_eq!(below(&of_caller, http), ["authenticate", "request"]);
    let request = one(&of_caller, "request");
    assert_eq!(below(&of_caller, request), ["wait", "decide", "plan", "answer"]);
    for (name, value) in [
        ("outport.door", "sql"),
        ("outport.principal.kind", "user"),
        ("outport.result", "answered"),
        ("db.response.returned_rows", "1"),
        ("db.system.name", "outport"),
    ] {
        assert_eq!(named(request, name), value, "{name}");
    }
    assert!(named(request, "outport.products").contains("shop"));
    assert!(named(request, "outport.bytes").parse::<u64>().unwrap() > 0);
    // The answer is a part of the request, and the request one of what was sent.
    let answer = one(&of_caller, "answer");
    assert!(http.times.0 <= request.times.0 && request.times.0 <= answer.times.0);
    assert!(answer.times.1 <= request.times.1 && request.times.1 <= http.times.1);

    // Over Flight, with a call for the plan and one for the rows.
    let of_flight: Vec<_> = spans.iter().filter(|span| span.trace == flown).cloned().collect();
    let service = "arrow.flight.protocol.FlightService";
    for method in ["GetFlightInfo", "DoGet"] {
        let call = one(&of_flight, &format!("{service}/{method}"));
        assert_eq!((call.parent.as_str(), call.kind), (CALLER, SpanKind::Server));
        assert_eq!(named(call, "rpc.response.status_code"), "OK");
    }
    let request = one(&of_flight, "request");
    assert_eq!(request.parent, one(&of_flight, &format!("{service}/DoGet")).id);
    assert_eq!(named(request, "outport.door"), "flight");

    // Whoever names no trace begins one; and whatever was asked is there once, under the id that it has on record.
    let own = one(&spans, "GET /v1/data/{product}/{table}/{*key}");
    assert_eq!(own.parent, "");
    assert!(own.trace != TRACE && own.trace != flown);
    let requests: Vec<_> = spans.iter().filter(|span| span.name == "request").collect();
    let mut ids: Vec<_> = requests.iter().map(|span| named(span, "outport.request")).collect();
    let records = place.run(&["audit", "list", "--output", "json"]).succeeded().json();
    let served_by = |record: &&serde_json::Value| record["door"] != "cli";
    let records = records.as_array().unwrap().iter().filter(served_by);
    let mut recorded: Vec<_> = records.map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    recorded.sort();
    assert_eq!(ids, recorded);
    assert_eq!(requests.iter().filter(|span| named(span, "error.type") == "unauthenticated").count(), 1);
    let postgres = requests.iter().find(|span| named(span, "outport.door") == "postgres").unwrap();
    assert_eq!(postgres.kind, SpanKind::Server);
    assert!(requests.iter().any(|span| named(span, "error.type") == "query" && !span.failed));
    assert!(!spans.iter().any(|span| named(span, "http.route") == "/health"));

    let resource = collector.resource();
    assert_eq!(resource["service.name"], "shop");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(collector.shown(), BTreeSet::from([Some("Bearer s3cret".to_owned())]));
    for hidden in ["apple", "pear", "SELECT", "root", "s3cret", "outport_wrong", root.as_str()] {
        assert!(!collector.text().contains(hidden), "`{hidden}` is in {}", collector.text());
    }
}

/// How many rows a query gives over Flight, asked within a trace.
fn fly(served: &Served, token: &str, trace: &str) -> usize {
    let (host, port) = served.address("flight");
    let address = format!("{host}:{port}").parse().unwrap();
    let ask = async {
        let mut client = flight(address).await;
        client.set_token(token.to_owned());
        client.set_header("traceparent", format!("00-{trace}-{CALLER}-01"));
        let info = client.execute(SQL.to_owned(), None).await.unwrap();
        let rows = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
        let batches: Vec<_> = rows.try_collect().await.unwrap();
        batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(ask)
}

fn psql(served: &Served, token: &str) {
    let (host, port) = served.address("postgres");
    let to = format!("host={host} port={port} user=root dbname=dev");
    let arguments = ["--no-psqlrc", "--tuples-only", "--no-align", &to, "--command", SQL];
    let output = Command::new("psql").env("PGPASSWORD", token).args(arguments).output().expect("`psql` is installed");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "apple\n", "{output:?}");
}

#[test]
fn a_run_that_a_server_is_asked_for_belongs_to_the_trace_of_its_caller() {
    let collector = Collector::open();
    let (place, root) = home("");
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n2,pear,4\n3,plum,5\n");
    let mut command = serve(&place);
    command.args(["--http", FREE]).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let mut served = Served::start(&mut command);
    let parent = traceparent(TRACE);
    let asked = ["--header", "Content-Type: application/json", "--header", parent.as_str(), "--data", "{}"];
    let (status, task) = served.curl("/v1/runs", Some(&root), &asked);
    assert_eq!(status, 202, "{task}");
    let task: serde_json::Value = serde_json::from_str(&task).unwrap();
    let events = format!("/v1/tasks/{}/events", task["id"].as_str().unwrap());
    assert!(served.curl(&events, Some(&root), &[]).1.contains("published"));
    served.signal("TERM");
    assert_eq!(served.ended(), Some(0));

    let spans: Vec<_> = collector.spans().into_iter().filter(|span| span.trace == TRACE).collect();
    whole(&spans);
    let http = one(&spans, "POST /v1/runs");
    assert_eq!(http.parent, CALLER);
    let task = one(&spans, "task");
    assert_eq!(task.parent, http.id);
    built(&spans, task);
    assert!(http.times.1 <= task.times.1, "the answer does not wait for the task");
}

/// What a run of `shop` is made of.
#[track_caller]
fn built(spans: &[Traced], above: &Traced) {
    let runs = one(spans, "runs");
    assert_eq!(runs.parent, above.id);
    let run = one(spans, "run");
    assert_eq!(run.parent, runs.id);
    assert_eq!(run.fields["outport.product"], "shop");
    assert_eq!(run.fields["outport.state"], "published");
    let steps = ["pin", "look up", "check", "build", "audit", "verify", "commit", "publish"];
    assert_eq!(below(spans, run), steps);
    assert_eq!(one(spans, "build").fields["outport.model"], "sales");
}

#[test]
fn what_the_command_line_applies_is_traced() {
    let collector = Collector::open();
    let place = shop();
    let mut command = place.command(&["apply", "shop", "--yes"]);
    command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.endpoint()).env("OTEL_SERVICE_NAME", "nightly");
    ran(&mut command).succeeded();
    let spans = collector.spans();
    whole(&spans);
    let apply = one(&spans, "apply");
    assert_eq!(apply.parent, "");
    built(&spans, apply);
    assert!(spans.iter().all(|span| span.trace == apply.trace && span.kind == SpanKind::Internal));
    assert_eq!(collector.resource()["service.name"], "nightly");

    let quiet = Collector::open();
    let mut command = place.command(&["run"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", quiet.endpoint()).env("OTEL_TRACES_SAMPLER", "always_off");
    ran(&mut command).succeeded();
    assert!(quiet.spans().is_empty());
}

#[test]
fn whether_a_trace_is_kept_is_for_its_caller_to_say() {
    let collector = Collector::open();
    let (place, root) = home(&format!("[telemetry]\nendpoint = \"{}\"\nsample_ratio = 0\n", collector.endpoint()));
    let mut served = Served::start(serve(&place).args(["--http", FREE]));
    let kept = traceparent(TRACE);
    let dropped = format!("traceparent: 00-{}-{CALLER}-00", "a".repeat(32));
    for header in [kept.as_str(), dropped.as_str(), "traceparent: nonsense", "x-other: 1"] {
        assert_eq!(served.curl("/v1/data/shop/sales/1", Some(&root), &["--header", header]).0, 200);
    }
    served.signal("TERM");
    assert_eq!(served.ended(), Some(0));
    let spans = collector.spans();
    assert_eq!(spans.iter().map(|span| span.trace.as_str()).collect::<BTreeSet<_>>(), BTreeSet::from([TRACE]));
    whole(&spans);
}

/// What the server says on standard error while this is done with it, and how long it takes to stop.
fn log(settings: &str, variables: &[(&str, &str)], done: impl FnOnce(&Served, &str)) -> (String, Duration) {
    let (place, root) = home(settings);
    let log = place.path("serve.log");
    let mut command = serve(&place);
    command.args(["--http", FREE, "--quiet"]).envs(variables.iter().copied()).stderr(File::create(&log).unwrap());
    let mut served = Served::start(command.env("NO_COLOR", "1"));
    done(&served, &root);
    let stopped = Instant::now();
    served.signal("TERM");
    assert_eq!(served.ended(), Some(0));
    (std::fs::read_to_string(&log).unwrap(), stopped.elapsed())
}

fn ask(served: &Served, root: &str) {
    for _ in 0..8 {
        assert_eq!(served.curl("/v1/data/shop/sales/1", Some(root), &[]).0, 200);
    }
}

#[test]
fn a_collector_that_is_down_is_one_line_in_the_log() {
    // Nobody listens there any more.
    let address = TcpListener::bind(FREE).unwrap().local_addr().unwrap();
    let settings = format!("[telemetry]\nendpoint = \"http://{address}\"\n[serve]\ndrain_seconds = 2\n");
    let often = [("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")];
    let (log, _) = log(&settings, &often, ask);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("traces cannot be delivered"), "{log}");
}

#[test]
fn a_collector_that_does_not_answer_holds_nothing_up() {
    // Connections are made, and nothing comes of them.
    let listener = TcpListener::bind(FREE).unwrap();
    let settings =
        format!("[telemetry]\nendpoint = \"http://{}\"\n[serve]\ndrain_seconds = 1\n", listener.local_addr().unwrap());
    let mut asked = Duration::MAX;
    let (log, stopped) = log(&settings, &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")], |served, root| {
        let began = Instant::now();
        ask(served, root);
        asked = began.elapsed();
    });
    // The exporter waits for ten seconds.
    assert!(asked < Duration::from_secs(9), "{asked:?}");
    assert!(stopped < Duration::from_secs(9), "{stopped:?}");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("could not be delivered in time"), "{log}");
}

#[test]
fn settings_of_traces_that_are_not_understood_serve_nothing() {
    let place = shop();
    let refused = |name: &str, value: &str| {
        let mut command = place.command(&["serve", "--http", FREE]);
        ran(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317").env(name, value))
    };
    snapshot!(place, refused("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), @r"
    exit 1
    --- stderr
    error: `http/protobuf` is no protocol that traces are sent with
    help: say `grpc`, and name the port for it
    ");
    snapshot!(place, refused("OTEL_TRACES_SAMPLER", "xray"), @r"
    exit 1
    --- stderr
    error: `xray` is no sampler
    help: `OTEL_TRACES_SAMPLER` is `always_on`, `always_off` or `traceidratio`, each also with `parentbased_` before it
    ");
    place.write("home/outport.toml", "[telemetry.headers]\nauthorization = {env = \"KEY\"}\n");
    snapshot!(place, refused("OTHER", "1"), @r"
    exit 1
    --- stderr
    error: the header `authorization` of `[telemetry.headers]` has no value: `KEY` is not set
    help: name a variable of the environment or a file that has it
    ");
}
