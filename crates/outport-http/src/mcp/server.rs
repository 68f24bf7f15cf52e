//! What the protocol asks of a server.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::StatusCode;
use outport_app::gate::{Caller, DiscoveredPort, DiscoveredProduct, Gate, GateError, Request};
use outport_model::audit::RequestId;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents,
        ResourceTemplate, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracing::{Instrument, Span};

use super::{access, known::Known, query, search, tools};
use crate::{problem::Problem, query::reject};

/// Resources of one page.
const PAGE: usize = 200;

/// What an agent is told at first.
const INSTRUCTIONS: &str = "Outport serves data products: tables with a contract, published as releases. Find a product \
    with search_products, read what it means with describe_product, then use query with one SELECT statement and the \
    purpose that the data is read for. Masked values stand for what the caller may not see. Where something may not be \
    read, say so, and offer to call request_access: a person decides on the request. Name the releases that an answer \
    rests on.";

/// Answers requests of one caller: those of a connection, or one alone, of which it is then known whether it is on record.
#[derive(Debug, Clone)]
pub(super) struct Server {
    gate: Arc<Gate>,
    caller: Caller,
    /// Whether a request has begun, which is on record when it ends.
    begun: Arc<AtomicBool>,
    /// Within which all of it is traced, also what is answered by another task than the one that asks.
    span: Span,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Searched {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    product: String,
    #[serde(default)]
    port: Option<String>,
}

impl Server {
    pub(super) fn new(gate: Arc<Gate>, caller: Caller) -> Self {
        Self { gate, caller, begun: Arc::default(), span: Span::current() }
    }

    /// The same for one request alone.
    pub(super) fn alone(&self) -> Self {
        Self { begun: Arc::default(), ..self.clone() }
    }

    /// Whether what was asked is on record, or will be when it ends.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Puts on record what has asked for nothing: a greeting, or what the protocol does not know, and then why.
    pub(super) fn greeted(&self, said: impl Into<String>, fault: Option<String>) -> RequestId {
        let request = self.begin(said);
        let id = request.id();
        match fault {
            None => request.answered(),
            Some(reason) => request.misread(reason),
        }
        id
    }

    fn begin(&self, said: impl Into<String>) -> Request {
        self.begun.store(true, Ordering::Relaxed);
        self.gate.begin(&self.caller, said)
    }

    async fn call(&self, name: &str, arguments: Option<JsonObject>) -> Result<(Value, String), Problem> {
        match name {
            "search_products" => {
                let Searched { query, limit } = self.read(name, arguments)?;
                let limit = limit.unwrap_or(tools::HITS).clamp(1, tools::MOST_HITS);
                let search = |known: &Known| Ok(search::search(known, &query, limit));
                let (id, mut found) = self.known(format!("search {query}"), search).await?;
                found["request"] = json!(id);
                let text = format!("{} products found", found["total"]);
                Ok((found, text))
            }
            "describe_product" => {
                let Described { product, port } = self.read(name, arguments)?;
                let describe = |known: &Known| known.describe(known.product(&product)?, port.as_deref());
                let (id, mut said) = self.known(format!("describe {product}"), describe).await?;
                said["request"] = json!(id);
                Ok((said, format!("what `{product}` is and promises")))
            }
            "query" => {
                let asked: query::Asked = self.read(name, arguments)?;
                let caller = Caller { purpose: Some(asked.purpose.clone()), ..self.caller.clone() };
                let server = Self { caller, ..self.clone() };
                let request = server.begin(asked.sql.as_str());
                let answer = query::query(&server.gate, &server.caller, request, asked).await?;
                let more = if answer["moreRows"] == json!(true) { ", and there are more" } else { "" };
                let text = format!("{} rows{more}; request {}", answer["rowCount"], text(&answer["request"]));
                Ok((answer, text))
            }
            "request_access" => {
                let wanted: access::Wanted = self.read(name, arguments)?;
                let terms = wanted.terms().map_err(|problem| self.misread(name, problem))?;
                self.begun.store(true, Ordering::Relaxed);
                let made = access::request(&self.gate, &self.caller, terms).await?;
                let text = format!(
                    "agreement {} is {}: {}",
                    text(&made["agreement"]),
                    text(&made["state"]),
                    text(&made["next"])
                );
                Ok((made, text))
            }
            other => Err(self.misread(other, Problem::not_found(format!("there is no tool `{other}`")))),
        }
    }

    /// The arguments of a tool.
    fn read<T: DeserializeOwned>(&self, tool: &str, arguments: Option<JsonObject>) -> Result<T, Problem> {
        read(arguments).map_err(|problem| self.misread(tool, problem))
    }

    /// What is not understood asks the gate for nothing, and is on record all the same.
    fn misread(&self, tool: &str, problem: Problem) -> Problem {
        reject(self.begin(format!("tools/call {tool}")), problem)
    }

    /// Says something of what the caller may know of, and puts that on record under the id that comes with it.
    async fn known<T>(
        &self,
        request: impl Into<String>,
        say: impl FnOnce(&Known) -> Result<T, GateError> + Send,
    ) -> Result<(RequestId, T), Problem> {
        let request = self.begin(request);
        let id = request.id();
        let said = request.run(async { say(&Known::read(&self.gate, &self.caller).await?) }).await;
        said.map(|said| (id, said)).map_err(|error| Problem::from(error).with_request(id))
    }

    async fn resources(&self, cursor: Option<String>) -> Result<ListResourcesResult, ErrorData> {
        let Ok(start) = cursor.map_or(Ok(0), |cursor| cursor.parse::<usize>()) else {
            let reason = "the cursor is not one of this server";
            self.begin("resources/list").misread(reason);
            return Err(ErrorData::invalid_params(reason, None));
        };
        let list = |known: &Known| {
            let products = known.products().iter();
            let ports = products.flat_map(|product| product.ports.iter().map(move |port| (product, port)));
            let wanted = ports.skip(start).take(PAGE + 1);
            Ok(wanted.map(|(product, port)| listed(known, product, port)).collect::<Vec<_>>())
        };
        let (_, mut listed) = self.known("resources/list", list).await.map_err(|problem| protocol(&problem))?;
        let more = listed.len() > PAGE;
        listed.truncate(PAGE);
        let mut result = ListResourcesResult::with_all_items(listed);
        result.next_cursor = more.then(|| (start + PAGE).to_string());
        Ok(result)
    }

    async fn resource(&self, uri: &str) -> Result<ReadResourceResult, ErrorData> {
        let describe = |known: &Known| {
            let missing = || GateError::NotFound { what: "resource", name: uri.to_owned() };
            let (product, port) = known.at(uri).ok_or_else(missing)?;
            Ok(known.describe_port(product, port))
        };
        let said = self.known(format!("resources/read {uri}"), describe).await;
        let (_, said) = said.map_err(|problem| protocol(&problem))?;
        let contents = ResourceContents::text(said.to_string(), uri).with_mime_type("application/json");
        Ok(ReadResourceResult::new(vec![contents]))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("outport", env!("CARGO_PKG_VERSION")).with_title("Outport"))
            .with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.begin("tools/list").answered();
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.get_tool(&request.name).is_none() {
            let problem = Problem::not_found(format!("there is no tool `{}`", request.name));
            return Err(ErrorData::invalid_params(self.misread(&request.name, problem).to_string(), None));
        }
        let outcome = tokio::select! {
            biased;
            // Dropping the call stops the query, which is then on record as cancelled.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("the request was cancelled", None)),
            outcome = self.call(&request.name, request.arguments).instrument(self.span.clone()) => outcome,
        };
        Ok(match outcome {
            Ok((value, text)) => answered(value, text),
            Err(problem) => refused(&problem),
        }
        .into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.resources(request.and_then(|request| request.cursor)).instrument(self.span.clone()).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.begin("resources/templates/list").answered();
        let address = format!("outport://{}/{{product}}/{{port}}", self.gate.app().workspace);
        let template = ResourceTemplate::new(address, "contract")
            .with_description("what a port of a data product promises")
            .with_mime_type("application/json");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(self.resource(&request.uri).instrument(self.span.clone()).await?.into())
    }
}

/// A port as one of the resources.
fn listed(known: &Known, product: &DiscoveredProduct, port: &DiscoveredPort) -> Resource {
    let name = format!("{}.{}", product.name, port.version.port);
    let resource = Resource::new(known.address(product, port), name).with_mime_type("application/json");
    match port.contract.description.as_ref().or(product.purpose.as_ref()) {
        Some(text) => resource.with_description(text.clone()),
        None => resource,
    }
}

fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T, Problem> {
    serde_json::from_value(Value::Object(arguments.unwrap_or_default())).map_err(|error| {
        // What serde says of a shape names only what was sent and what is wanted.
        Problem::bad_request(format!("the arguments are not what the tool takes: {error}"))
    })
}

/// A line for people, and the whole for programs that read only text.
fn answered(value: Value, text: String) -> CallToolResult {
    let content = vec![ContentBlock::text(text), ContentBlock::text(value.to_string())];
    let mut result = CallToolResult::structured(value);
    result.content = content;
    result
}

/// What an agent can read of an error, and do about it.
fn refused(problem: &Problem) -> CallToolResult {
    let document = problem.document();
    let detail = document.get("detail").or_else(|| document.get("title")).map_or("", text);
    let help = document.get("help").map_or(String::new(), |help| format!("; {}", text(help)));
    let content = vec![ContentBlock::text(format!("{detail}{help}"))];
    let mut result = CallToolResult::structured_error(document);
    result.content = content;
    result
}

/// An error of the protocol, for requests that are no tools.
fn protocol(problem: &Problem) -> ErrorData {
    let missing = problem.status() == StatusCode::NOT_FOUND;
    let document = problem.document();
    let message = document.get("detail").or_else(|| document.get("title")).map_or("", text).to_owned();
    if missing {
        ErrorData::resource_not_found(message, Some(document))
    } else {
        ErrorData::internal_error(message, Some(document))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
