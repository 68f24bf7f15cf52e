//! Logs to standard error and, where a collector is named, traces for it.
//!
//! Every crate traces what it does with spans of `tracing`, in words of this program. Here, and only here, they become
//! spans of OpenTelemetry and are sent over OTLP (gRPC):
//! - `convention`: what spans and their fields are called outside;
//! - `delivery`: what is said when the collector does not take them.
//!
//! **Invariant**: a query never waits for a collector. What has ended is put into a queue that is bounded and read by a
//! thread of its own; what finds no room there is lost.
//!
//! **Invariant**: spans have no events, whose texts may have values, and no field that is not named in this workspace.

mod convention;
mod delivery;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{
    SpanExporter, WithExportConfig, WithTonicConfig,
    tonic_types::{
        metadata::MetadataMap,
        transport::{Certificate, ClientTlsConfig},
    },
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    resource::TelemetryResourceDetector,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Level, Metadata, Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::delivery::Delivery;
use crate::{
    configuration::{Export, Sampling},
    failure::Failure,
};

/// The first part of the names of all crates of this workspace, and so of what they trace.
const OURS: &str = "outport";

/// Characters of a caller's `tracestate` at most, which is sent on with each span of the trace.
const LONGEST_STATE: usize = 512;

/// What is traced on its way to a collector; nothing where none is named.
#[derive(Debug, Clone, Default)]
pub(crate) struct Telemetry(Option<Exporting>);

#[derive(Debug, Clone)]
struct Exporting {
    provider: SdkTracerProvider,
    /// Whether the collector did not take what was sent last.
    failing: Arc<AtomicBool>,
}

impl Telemetry {
    /// Begins to log and, where it is said where to, to trace. Once in a process, within its runtime.
    pub(crate) fn start(export: Option<&Export>) -> Result<Self, Failure> {
        let filter = EnvFilter::try_from_env("OUTPORT_LOG").unwrap_or_else(|_| "off,outport=warn".into());
        let Some(export) = export else {
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).without_time().init();
            return Ok(Self::default());
        };
        let exporting = Exporting::to(export)?;
        let log = fmt::layer().with_writer(std::io::stderr).without_time().with_filter(filter);
        let traces = tracing_opentelemetry::layer()
            .with_tracer(exporting.provider.tracer(OURS))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(is_traced).with_max_level_hint(LevelFilter::DEBUG));
        tracing_subscriber::registry().with(log).with(traces).init();
        Ok(Self(Some(exporting)))
    }

    /// Sends what is left, for so long at most. Nothing is traced any more.
    pub(crate) async fn end(&self, within: Duration) {
        let Some(Exporting { provider, failing }) = self.0.clone() else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(within)).await;
        match ended {
            Ok(Ok(()) | Err(opentelemetry_sdk::error::OTelSdkError::AlreadyShutdown)) => {}
            // What the collector does not take has been said, and what is given up here is not said a second time by
            // the delivery that it breaks off.
            _ if failing.swap(true, Ordering::Relaxed) => {}
            _ => tracing::warn!(seconds = within.as_secs(), "the last traces could not be delivered in time"),
        }
    }
}

impl Exporting {
    fn to(export: &Export) -> Result<Self, Failure> {
        let mut exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(export.endpoint.as_str())
            .with_metadata(MetadataMap::from_headers(headers(export)?));
        if export.endpoint.scheme() == "https" {
            let tls = ClientTlsConfig::new();
            exporter = exporter.with_tls_config(match &export.authorities {
                Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
                None => tls.with_native_roots(),
            });
        }
        let exporter = exporter.build().map_err(|error| Failure::Argument {
            message: format!("traces cannot be sent to `{}`: {error}", export.endpoint),
            help: "correct `[telemetry]` in `outport.toml`, or the variables that begin with `OTEL_`".to_owned(),
        })?;
        let failing = Arc::new(AtomicBool::new(false));
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(export))
            .with_sampler(sampler(export.sampling))
            .with_batch_exporter(Delivery::new(exporter, Arc::clone(&failing)))
            .build();
        Ok(Self { provider, failing })
    }
}

/// Makes a span a part of the trace that the headers of a request name (W3C Trace Context). The caller may be anyone:
/// all that they decide is which trace it is, and, by the settings, whether it is kept.
pub(crate) fn join(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    let named = caller.span().span_context().is_valid();
    if named && let Err(error) = span.set_parent(caller) {
        tracing::debug!(%error, "a trace is not continued");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let text = self.0.get(key)?.to_str().ok()?;
        (text.len() <= LONGEST_STATE).then_some(text)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::DEBUG && metadata.target().starts_with(OURS)
}

fn headers(export: &Export) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &export.headers {
        let (Ok(key), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return Err(Failure::Argument {
                message: format!("`{name}` of `[telemetry.headers]` is no header, or its value is more than a line"),
                help: "name it like `authorization`, and let its value be one line".to_owned(),
            });
        };
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn resource(export: &Export) -> Resource {
    let own = [
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", uuid::Uuid::now_v7().to_string()),
    ];
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(own)
        .with_attributes(export.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .build()
}

fn sampler(sampling: Sampling) -> Sampler {
    let Sampling { ratio, as_caller } = sampling;
    let own = Sampler::TraceIdRatioBased(ratio);
    if as_caller { Sampler::ParentBased(Box::new(own)) } else { own }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use opentelemetry::trace::{TraceFlags, TraceId};

    use super::*;

    fn said(traceparent: &str, state: &str) -> Context {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        headers.insert("tracestate", state.parse().unwrap());
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(&headers))
    }

    #[test]
    fn callers_name_their_trace() {
        let caller = said("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1");
        let span = caller.span().span_context().clone();
        assert_eq!(span.trace_id(), TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap());
        assert_eq!((span.trace_flags(), span.is_remote()), (TraceFlags::SAMPLED, true));
        assert_eq!(span.trace_state().get("vendor"), Some("1"));
        for wrong in
            ["", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "x".repeat(9).as_str()]
        {
            assert!(!said(wrong, "").span().span_context().is_valid(), "{wrong}");
        }
    }

    #[test]
    fn what_callers_say_of_a_trace_is_short() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let caller = said(parent, &format!("vendor={}", "1".repeat(LONGEST_STATE)));
        let span = caller.span().span_context().clone();
        assert!(span.is_valid());
        assert_eq!(span.trace_state().get("vendor"), None);
    }

    /// What reaches it.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<&'static str>>>);

    impl<S: tracing::Subscriber> Layer<S> for Seen {
        fn on_new_span(
            &self,
            span: &tracing::span::Attributes<'_>,
            _: &tracing::span::Id,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) {
            self.0.lock().unwrap().push(span.metadata().name());
        }

        fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            self.0.lock().unwrap().push("event");
        }
    }

    #[test]
    fn only_spans_of_this_workspace_are_traced() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone().with_filter(filter_fn(is_traced)));
        tracing::subscriber::with_default(subscriber, || {
            let _other = tracing::error_span!(target: "h2::client", "connection").entered();
            let _own = tracing::debug_span!(target: "outport_app::gate", "request", rows = 1).entered();
            let _detail = tracing::trace_span!(target: "outport_app::gate", "detail").entered();
            tracing::error!(target: "outport_app::gate", value = "of a row", "failed");
        });
        assert_eq!(*seen.0.lock().unwrap(), ["request"]);
    }
}
