//! Where the rows of an input port come from.

use std::path::Path;

use outport_model::{
    address::Address,
    diagnostic::Diagnostic,
    name::DepotName,
    source::{FileSource, Source, TpchSource},
};
use serde_json::Value;

use super::{documents::ContractFile, files, format, inputs::Scope};
use crate::{codes, config::Layers, node::Node, suggest};

const KINDS: [&str; 4] = ["server", "depot", "address", "tpch"];

/// Everything that says where an input port reads from.
pub(super) struct Origin<'a> {
    pub(super) scope: &'a Scope<'a>,
    /// `inputs.<port>` of `outport.yaml`.
    pub(super) settings: &'a Layers<'a>,
    /// The port in the descriptor.
    pub(super) port: &'a Node<'a>,
    /// The contract of the port, where the bundle has it.
    pub(super) file: Option<&'a ContractFile>,
}

impl<'a> Origin<'a> {
    /// The source, and the place that names it.
    pub(super) fn source(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<(Source, Node<'a>)> {
        let Some((kind, node)) = self.chosen(diagnostics)? else { return self.implicit(diagnostics) };
        let source = match kind {
            "server" => self.server(&node, diagnostics),
            "depot" => self.depot(&node, diagnostics),
            "address" => address(&node, diagnostics).map(Source::Port),
            _ => tpch(&node, diagnostics).map(Source::Tpch),
        };
        source.map(|source| (source, node))
    }

    /// What `outport.yaml` chooses, by the strongest layer that chooses; the outer `None` where it chooses wrongly.
    #[expect(clippy::option_option, reason = "nothing chosen is not the same as a wrong choice")]
    fn chosen(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Option<(&'static str, Node<'a>)>> {
        for layer in self.settings.layers() {
            let mut found = KINDS.iter().filter_map(|kind| Some((*kind, layer.get(kind)?)));
            let Some((kind, node)) = found.next() else { continue };
            if let Some((other, second)) = found.next() {
                diagnostics.push(
                    second
                        .error_key(codes::SEVERAL_SOURCES, format!("the input port has `{other}` beside `{kind}`"))
                        .help("keep one of them"),
                );
                return None;
            }
            return Some(Some((kind, node)));
        }
        Some(None)
    }

    /// Without a choice: the contract's only local server, or the port that the contract guards.
    fn implicit(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<(Source, Node<'a>)> {
        let servers = self.file.map(|file| file.parsed.root().list("servers")).unwrap_or_default();
        let local: Vec<_> = servers.into_iter().filter(|server| server.text("type") == Some("local")).collect();
        if let [server] = local.as_slice() {
            return self.files_of(server, diagnostics).map(|files| (Source::Files(files), server.clone()));
        }
        if local.is_empty()
            && let Some(address) = self.offered()
        {
            let place = self.port.get("contractId").unwrap_or_else(|| self.port.clone());
            return Some((Source::Port(address), place));
        }
        diagnostics.push(self.report_no_source(&local));
        None
    }

    fn offered(&self) -> Option<Address> {
        let id = self.port.text("contractId")?;
        let version = self.port.text("version").and_then(|text| text.parse::<outport_model::contract::Version>().ok());
        let fits = |address: &Address| version.as_ref().is_none_or(|v| address.major == Some(v.major()));
        let offers = self.scope.offers.iter().filter(|offer| {
            let same = offer.contract.as_ref().is_some_and(|contract| contract.as_str() == id);
            same && fits(&offer.address) && Some(&offer.address.product) != self.scope.product
        });
        offers.max_by_key(|offer| offer.address.major).map(|offer| offer.address.clone())
    }

    fn report_no_source(&self, local: &[Node<'_>]) -> Diagnostic {
        let name = self.port.text("name").unwrap_or_default();
        let names: Vec<_> = local.iter().filter_map(|server| server.text("server")).collect();
        let advice = match (names.first(), self.file) {
            (Some(first), _) => format!("choose one in `outport.yaml`: `inputs: {{{name}: {{server: {first}}}}}`"),
            (None, Some(_)) => format!(
                "add `inputs: {{{name}: …}}` to `outport.yaml` with `depot` and `path`, `address` or `tpch`, or a server of type `local` to the contract"
            ),
            (None, None) => format!(
                "add `inputs: {{{name}: {{address: outport:///<product>/<port>}}}}` to `outport.yaml`, or the contract to `contracts/`"
            ),
        };
        let message = if names.len() > 1 {
            format!("the contract of input port `{name}` has {} local servers", names.len())
        } else {
            format!("nothing says where the rows of input port `{name}` come from")
        };
        self.port.error_key(codes::NO_SOURCE, message).help(advice)
    }

    fn server(&self, choice: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Source> {
        let name = choice.as_text()?;
        let servers = self.file.map(|file| file.parsed.root().list("servers")).unwrap_or_default();
        if let Some(server) = servers.iter().find(|server| server.text("server") == Some(name)) {
            if server.text("type") == Some("local") {
                return self.files_of(server, diagnostics).map(Source::Files);
            }
            let kind = server.text("type").unwrap_or_default();
            diagnostics.push(
                choice
                    .error(codes::SERVER_TYPE, format!("`{name}` is a server of type `{kind}`"))
                    .help("choose a server of type `local`, or use `depot` and `path`"),
            );
            return None;
        }
        let names: Vec<_> = servers.iter().filter_map(|server| server.string("server")).collect();
        diagnostics.push(
            choice
                .error(codes::UNKNOWN_SERVER, format!("the contract of the port has no server `{name}`"))
                .help(suggest::or_list(name, &names, "the contract has no `servers`")),
        );
        None
    }

    fn files_of(&self, server: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<FileSource> {
        let unresolved = self.file.into_iter().flat_map(|file| file.parsed.unresolved_below(server.pointer()));
        let unresolved: Vec<_> = unresolved.cloned().collect();
        if !unresolved.is_empty() {
            diagnostics.extend(unresolved);
            return None;
        }
        let files = format::of_server(server, self.settings, |path| self.scope.files.absolute(path), diagnostics)?;
        Some(files)
    }

    fn depot(&self, choice: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Source> {
        let name = choice.as_text()?;
        let depots = self.scope.context.depots;
        let found = name.parse::<DepotName>().ok().and_then(|name| depots.get(&name));
        let Some(root) = found else {
            let names: Vec<_> = depots.keys().map(ToString::to_string).collect();
            diagnostics.push(
                choice
                    .error(codes::UNKNOWN_DEPOT, format!("the workspace has no depot `{name}`"))
                    .help(suggest::or_list(name, &names, "add the depot to `outport.toml`")),
            );
            return None;
        };
        let Some(path) = self.settings.value("path") else {
            diagnostics.push(
                choice
                    .error_key(codes::NO_SOURCE, "the input port names a depot without a path")
                    .help("add `path`, a file, folder or glob below the depot's root"),
            );
            return None;
        };
        demand_below(&path, diagnostics)?;
        let location = files::clean(&root.join(path.as_text()?));
        format::of_path(&path, location, self.settings, diagnostics).map(Source::Files)
    }
}

fn demand_below(path: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let text = path.as_text()?;
    let leaves = Path::new(text).is_absolute() || text.split(['/', '\\']).any(|part| part == "..");
    if leaves {
        diagnostics.push(
            path.error(codes::DEPOT_PATH, format!("`{text}` is not below the depot"))
                .help("write a relative path without `..`"),
        );
    }
    (!leaves).then_some(())
}

fn address(node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Address> {
    match node.as_text()?.parse() {
        Ok(address) => Some(address),
        Err(error) => {
            diagnostics.push(
                node.error(codes::ADDRESS, error_text(&error))
                    .help("write `outport:///<product>/<port>`, with `@<major>` for an older version"),
            );
            None
        }
    }
}

/// The message with that of its cause: diagnostics have one line.
fn error_text(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn tpch(node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<TpchSource> {
    let scale = node.get("scale")?;
    let number = match scale.value() {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|scale: &f64| scale.is_finite() && *scale > 0.0);
    if number.is_none() {
        diagnostics.push(
            scale
                .error(codes::TPCH, format!("{} is not a scale", scale.value()))
                .help("write a number above 0, for example 0.01"),
        );
    }
    Some(TpchSource { table: node.string("table")?, scale: number? })
}
