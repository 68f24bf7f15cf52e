//! Over HTTP: SQL, REST, GraphQL, MCP, downloads, Delta Sharing, the stream of changes.

use arrow::ipc::reader::StreamReader;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    Answer, Asker, Row,
    table::{of_arrow, of_csv, of_json},
};

/// The revision of the Model Context Protocol that is spoken.
const REVISION: &str = "2026-07-28";

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer where it is one, else what was said.
    fn good(self) -> Result<Self, String> {
        if self.status == 200 { Ok(self) } else { Err(format!("{} {}", self.status, self.text())) }
    }
}

impl Asker<'_> {
    /// A request to a path of the home, by this person.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.home.web.request(method, format!("{}{path}", self.home.http)).bearer_auth(&self.token);
        match &self.purpose {
            Some(purpose) => request.header("outport-purpose", purpose),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        // Where an answer is broken off, what came of it is no answer.
        match response.bytes().await {
            Ok(body) => Reply { status, body },
            Err(error) => Reply { status: 0, body: format!("broken off: {error}").into() },
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A query in one of the formats of SQL over HTTP.
    pub(crate) async fn sql(&self, sql: &str, format: &str) -> Answer {
        let path = format!("/v1/sql?format={format}");
        Ok(rows(format, &self.post(&path, &json!({ "sql": sql })).await.good()?))
    }

    /// A whole table as a file.
    pub(crate) async fn download(&self, product: &str, table: &str, format: &str) -> Answer {
        Ok(rows(format, &self.get(&format!("/v1/download/{product}/{table}.{format}")).await.good()?))
    }

    /// The rows at an address of the data API; every page, or the first alone.
    pub(crate) async fn rest(&self, path: &str, parameters: &[(String, String)], all: bool) -> Answer {
        let mut request = self.request(Method::GET, path).query(parameters);
        let mut found = Vec::new();
        loop {
            let page = self.send(request).await.good()?.json();
            found.extend(page["rows"].as_array().unwrap().iter().map(of_json));
            match page["next"].as_str().filter(|_| all) {
                Some(next) => {
                    let path = next.strip_prefix(&self.home.http).unwrap_or(next).to_owned();
                    request = self.request(Method::GET, &path);
                }
                None => return Ok(found),
            }
        }
    }

    /// A document of GraphQL: its data, or its errors.
    pub(crate) async fn graphql(&self, document: &str, variables: &Value) -> Result<Value, String> {
        let asked = json!({ "query": document, "variables": variables });
        let answer = self.post("/graphql", &asked).await.good()?.json();
        match answer.get("errors") {
            Some(errors) => Err(errors.to_string()),
            None => Ok(answer["data"].clone()),
        }
    }

    /// The nodes of a page of GraphQL.
    pub(crate) fn nodes(page: &Value) -> Vec<Row> {
        page["nodes"].as_array().unwrap_or_else(|| panic!("no nodes: {page}")).iter().map(of_json).collect()
    }

    /// A message of the Model Context Protocol.
    pub(crate) async fn mcp(&self, method: &str, params: Value) -> Reply {
        self.send(mcp_message(self.request(Method::POST, "/mcp"), method, params)).await
    }

    /// What a tool says.
    pub(crate) async fn tool(&self, name: &str, arguments: &Value) -> Result<Value, String> {
        let reply = self.mcp("tools/call", json!({ "name": name, "arguments": arguments })).await.good()?.json();
        let result = &reply["result"];
        match result["isError"].as_bool() {
            Some(false) => Ok(result["structuredContent"].clone()),
            _ => Err(reply.to_string()),
        }
    }

    /// The query of an agent, which always names a purpose.
    pub(crate) async fn mcp_query(&self, sql: &str, purpose: &str) -> Answer {
        let said = self.tool("query", &json!({ "sql": sql, "purpose": purpose, "limit": 1_000 })).await?;
        Ok(said["rows"].as_array().unwrap().iter().map(of_json).collect())
    }

    /// What Delta Sharing says of the files of a table, line by line.
    pub(crate) async fn shared(&self, product: &str, table: &str, asked: &Value) -> Result<Vec<Value>, String> {
        let path = format!("/delta-sharing/shares/{product}/schemas/ports/tables/{table}/query");
        let reply = self.post(&path, asked).await.good()?;
        Ok(reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// The rows of the files that Delta Sharing names, which are fetched without any credential.
    pub(crate) async fn sharing(&self, product: &str, table: &str) -> Answer {
        let mut found = Vec::new();
        for line in self.shared(product, table, &json!({})).await? {
            let Some(url) = line["file"]["url"].as_str() else { continue };
            let file = self.send(self.home.web.get(url)).await.good()?;
            found.extend(rows("parquet", &file));
        }
        Ok(found)
    }

    /// The first event of the stream of changes: its name, and its data.
    pub(crate) async fn first_change(&self, product: &str) -> Result<(String, Value), String> {
        let path = format!("/v1/changes/{product}");
        let mut response = self.request(Method::GET, &path).send().await.unwrap();
        let status = response.status().as_u16();
        if status != 200 {
            return Err(format!("{status} {}", response.text().await.unwrap()));
        }
        let mut said = String::new();
        while !said.contains("\n\n") {
            let piece = response.chunk().await.unwrap().ok_or("the stream ended")?;
            said += std::str::from_utf8(&piece).unwrap();
        }
        let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        Ok((field("event:").to_owned(), serde_json::from_str(field("data:")).unwrap()))
    }
}

/// A message of the Model Context Protocol, in the newest revision.
pub(crate) fn mcp_message(request: RequestBuilder, method: &str, mut params: Value) -> RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).map(str::to_owned);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = request.header("accept", "application/json, text/event-stream");
    let request = request.header("mcp-protocol-version", REVISION).header("mcp-method", method);
    let request = match name {
        Some(name) => request.header("mcp-name", name),
        None => request,
    };
    request.json(&body)
}

fn rows(format: &str, reply: &Reply) -> Vec<Row> {
    match format {
        "json" => reply.json()["rows"].as_array().unwrap().iter().map(of_json).collect(),
        "ndjson" => reply.text().lines().map(|line| of_json(&serde_json::from_str(line).unwrap())).collect(),
        "csv" => of_csv(&reply.text()),
        "arrow" => {
            let batches: Result<Vec<_>, _> = StreamReader::try_new(reply.body.as_ref(), None).unwrap().collect();
            of_arrow(&batches.unwrap())
        }
        "parquet" => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(reply.body.clone()).unwrap().build().unwrap();
            of_arrow(&reader.collect::<Result<Vec<_>, _>>().unwrap())
        }
        other => panic!("{other} is no format"),
    }
}
