//! Requests to a server, and its answers.

use std::{collections::BTreeMap, time::Duration};

use outport_app::{Described, Listed, Past};
use outport_model::{
    name::{ProductName, WorkspaceName},
    release::ReleaseNumber,
};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, header, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use url::Url;

use super::{Settings, argument, problem};
use crate::failure::Failure;

/// How long a server may take to be reached, and to say the next piece of an answer.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_mins(10);

/// Items of a page of a list.
const PAGE: &str = "1000";

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    http: Client,
    base: Url,
}

#[derive(Debug, Deserialize)]
struct Workspace {
    workspace: WorkspaceName,
}

#[derive(Debug, Deserialize)]
struct RolledBack {
    from: ReleaseNumber,
    to: ReleaseNumber,
}

impl Server {
    /// A client of a server. Nothing is sent yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let mut headers = header::HeaderMap::new();
        let value = header::HeaderValue::from_str(&format!("Bearer {}", settings.token));
        let mut value =
            value.map_err(|_| argument("the token has characters that it cannot have".to_owned(), "check it"))?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
        let mut builder = Client::builder()
            .user_agent(concat!("outport/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // Whoever answers may not send the token on to another.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE);
        if let Some(file) = &settings.authorities {
            let unusable = |error: &dyn std::fmt::Display| {
                argument(format!("`{}`: {error}", file.display()), "name a file of certificates in PEM")
            };
            let pem = std::fs::read(file).map_err(|error| unusable(&error))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(&error))?;
            if authorities.is_empty() {
                return Err(unusable(&"it has no certificate"));
            }
            builder = authorities.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        let http = builder.build().map_err(|source| Failure::Unreachable {
            server: settings.url.to_string(),
            source: Box::new(source.without_url()),
        })?;
        Ok(Self { http, base: settings.url.clone() })
    }

    /// The workspace that it serves.
    pub(crate) async fn workspace(&self) -> Result<WorkspaceName, Failure> {
        self.get::<Workspace>(&["workspace"]).await.map(|found| found.workspace)
    }

    /// Every product that the token's owner may operate.
    pub(crate) async fn list(&self) -> Result<BTreeMap<ProductName, Listed>, Failure> {
        let all: Vec<Listed> = self.all(&["intents"], &[]).await?;
        Ok(all.into_iter().map(|listed| (listed.intent.compiled.product.name.clone(), listed)).collect())
    }

    /// One product in full.
    pub(crate) async fn describe(&self, product: &ProductName) -> Result<Described, Failure> {
        self.get(&["intents", product.as_str()]).await
    }

    /// What happened to a product.
    pub(crate) async fn past(&self, product: &ProductName) -> Result<Past, Failure> {
        self.get(&["intents", product.as_str(), "history"]).await
    }

    /// Makes an earlier release current again.
    pub(crate) async fn rollback(
        &self,
        product: &ProductName,
        to: Option<ReleaseNumber>,
    ) -> Result<(ReleaseNumber, ReleaseNumber), Failure> {
        let done: RolledBack = self.post(&["rollbacks"], &json!({"product": product, "to": to})).await?;
        Ok((done.from, done.to))
    }

    /// Its address.
    pub(super) fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Every item of a list, page by page.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        narrowed: &[(&str, Option<&str>)],
    ) -> Result<Vec<T>, Failure> {
        self.some(path, narrowed, usize::MAX).await
    }

    /// The first items of a list, at most so many.
    pub(super) async fn some<T: DeserializeOwned>(
        &self,
        path: &[&str],
        narrowed: &[(&str, Option<&str>)],
        most: usize,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let request = self.request(Method::GET, path).query(&[("limit", PAGE)]).query(narrowed);
            let response = self.send(request.query(&[("cursor", cursor.as_deref())])).await?;
            cursor = next(&response);
            all.extend(self.read::<Vec<T>>(response).await?);
            if cursor.is_none() || all.len() >= most {
                all.truncate(most);
                return Ok(all);
            }
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Failure> {
        let response = self.send(self.request(Method::GET, path)).await?;
        self.read(response).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &serde_json::Value,
    ) -> Result<T, Failure> {
        let response = self.send(self.request(Method::POST, path).json(body)).await?;
        self.read(response).await
    }

    /// A request below `/v1`.
    pub(super) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // An address with a host can always be a base.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        self.http.request(method, url)
    }

    /// The answer, where it is one.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.broken(error))?;
        self.accepted(response).await
    }

    /// The answer, where there is what is asked for.
    pub(super) async fn find(&self, request: RequestBuilder) -> Result<Option<Response>, Failure> {
        let response = request.send().await.map_err(|error| self.broken(error))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.accepted(response).await.map(Some)
    }

    async fn accepted(&self, response: Response) -> Result<Response, Failure> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match response.json().await {
            Ok(problem) => Err(problem::failure(problem)),
            Err(_) => Err(self.strange(&format!("status {status}"))),
        }
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        let bytes = response.bytes().await.map_err(|error| self.broken(error))?;
        serde_json::from_slice(&bytes).map_err(|error| self.strange(&error))
    }

    /// The server could not be reached, or went away.
    pub(super) fn broken(&self, error: reqwest::Error) -> Failure {
        Failure::Unreachable { server: self.base.to_string(), source: Box::new(error.without_url()) }
    }

    /// What was answered is not what this Outport knows.
    pub(super) fn strange(&self, what: &dyn std::fmt::Display) -> Failure {
        Failure::Server {
            message: format!("the answer of `{}` is not understood: {what}", self.base),
            help: Some("check that the address is that of an Outport of this version".to_owned()),
        }
    }
}

/// The cursor of the next page: of `Link: <…?cursor=…>; rel="next"`.
fn next(response: &Response) -> Option<String> {
    let link = response.headers().get(header::LINK)?.to_str().ok()?;
    let (address, _) = link.strip_prefix('<')?.split_once(">; rel=\"next\"")?;
    let (_, query) = address.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned())
}
