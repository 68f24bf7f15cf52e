//! Models: one SQL query for each file in `models`.

use std::collections::{BTreeMap, BTreeSet};

use outport_model::{
    diagnostic::Diagnostic,
    name::TableName,
    product::{InputPort, Materialization, Model, OutputPort},
};
use serde_json::Value;

use super::{
    SourceTexts,
    files::{BundleFiles, utf8},
};
use crate::{
    codes,
    config::Layers,
    node::Node,
    sql::{self, Mentions, folded},
    suggest,
};

/// A model and the names in its text.
pub(super) struct ModelFile {
    pub(super) model: Model,
    mentions: Mentions,
    /// The file as the user would name it.
    shown: String,
}

pub(super) fn models(
    files: &BundleFiles,
    settings: &Layers<'_>,
    sources: &mut SourceTexts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<ModelFile> {
    let mut models: Vec<ModelFile> = Vec::new();
    for (path, bytes) in files.files() {
        let Some(stem) = stem(path) else { continue };
        let shown = files.shown(path);
        let Some(text) = text(&shown, bytes, diagnostics) else { continue };
        sources.insert(&shown, &text);
        let Some(name) = name(stem, &shown, diagnostics) else { continue };
        let clash = models.iter().find(|other| folded(other.model.name.as_str()) == folded(stem));
        if let Some(other) = clash {
            let message = format!("the model has the same name as `{}`", other.model.file);
            diagnostics.push(
                Diagnostic::error(codes::TABLE_CLASH, shown, message)
                    .help("rename one of the files; case and `-` or `_` make no difference"),
            );
            continue;
        }
        models.push(model(name, path, text, shown, settings));
    }
    report_unknown(&settings.get("models"), &models, diagnostics);
    models
}

impl ModelFile {
    /// Whether the model's text has `input.<name>`.
    pub(super) fn reads_input(&self, name: &str) -> bool {
        self.mentions.inputs.contains(&folded(name))
    }
}

/// The models alone.
pub(super) fn values(models: Vec<ModelFile>) -> Vec<Model> {
    models.into_iter().map(|file| file.model).collect()
}

fn stem(path: &str) -> Option<&str> {
    let stem = path.strip_prefix("models/")?.strip_suffix(".sql")?;
    (!stem.contains('/')).then_some(stem)
}

fn text(shown: &str, bytes: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let text = utf8(shown, bytes, diagnostics)?;
    if text.trim().is_empty() {
        diagnostics
            .push(Diagnostic::error(codes::EMPTY_MODEL, shown, "the model is empty").help("write one SQL query"));
        return None;
    }
    Some(text.to_owned())
}

fn name(stem: &str, shown: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<TableName> {
    match stem.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            let help = "name the file with letters, digits, `-` and `_`, beginning with a letter or `_`";
            diagnostics.push(Diagnostic::error(codes::NAME, shown, format!("{error}")).help(help));
            None
        }
    }
}

fn model(name: TableName, path: &str, sql: String, shown: String, settings: &Layers<'_>) -> ModelFile {
    let mentions = sql::mentions(&sql);
    let own = settings.get("models").get(name.as_str());
    let materialization = match own.text("materialized") {
        Some("view") => Materialization::View,
        _ => Materialization::Table,
    };
    let parameters = parameters(settings, &mentions.parameters);
    ModelFile { model: Model { name, file: path.to_owned(), sql, materialization, parameters }, mentions, shown }
}

/// Only what the model uses, so that it is not built again because of a parameter of another.
fn parameters(settings: &Layers<'_>, used: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let all = settings.get("parameters");
    used.iter().filter_map(|name| Some((name.clone(), all.value(name)?.value().clone()))).collect()
}

fn report_unknown(settings: &Layers<'_>, models: &[ModelFile], diagnostics: &mut Vec<Diagnostic>) {
    let names: Vec<_> = models.iter().map(|file| file.model.name.to_string()).collect();
    for (key, node) in settings.entries() {
        if !names.iter().any(|name| name == key) {
            diagnostics.push(
                node.error_key(codes::UNKNOWN_MODEL, format!("there is no model `{key}`")).help(suggest::or_list(
                    key,
                    &names,
                    "add `models/<name>.sql`",
                )),
            );
        }
    }
}

/// What is odd about how models, inputs, outputs and parameters belong together.
pub(super) fn report(
    models: &[ModelFile],
    inputs: &[InputPort],
    outputs: &[OutputPort],
    settings: &Layers<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let offered: Vec<_> = outputs.iter().flat_map(|port| &port.tables).collect();
    for file in models {
        let name = folded(file.model.name.as_str());
        let is_offered = offered.iter().any(|table| table.model == file.model.name);
        let read = models.iter().any(|other| other.shown != file.shown && other.mentions.names.contains(&name));
        if !is_offered && !read {
            diagnostics.push(
                Diagnostic::warning(
                    codes::UNUSED_MODEL,
                    &file.shown,
                    "no output port and no other model reads the model",
                )
                .help("offer it by an output port, read it in another model, or remove the file"),
            );
        }
        report_view(file, is_offered, settings, diagnostics);
        let hides = offered.iter().find(|table| folded(table.name.as_str()) == name && table.model != file.model.name);
        if let Some(table) = hides {
            let message = format!("the model has the name of a table that model `{}` builds", table.model);
            diagnostics.push(
                Diagnostic::error(codes::TABLE_CLASH, &file.shown, message)
                    .help("rename the file, or let the model build the table"),
            );
        }
    }
    report_quarantine(models, inputs, diagnostics);
    report_parameters(models, settings, diagnostics);
}

fn report_view(file: &ModelFile, is_offered: bool, settings: &Layers<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !is_offered || file.model.materialization != Materialization::View {
        return;
    }
    let name = file.model.name.as_str();
    if let Some(node) = settings.get("models").get(name).value("materialized") {
        diagnostics.push(
            node.error(codes::VIEW_OFFERED, format!("an output port offers `{name}`, so it cannot be a view"))
                .help("write `materialized: table`, or leave it out"),
        );
    }
}

fn report_quarantine(models: &[ModelFile], inputs: &[InputPort], diagnostics: &mut Vec<Diagnostic>) {
    for input in inputs {
        let taken = folded(&format!("{}_quarantine", input.name));
        for file in models.iter().filter(|file| folded(file.model.name.as_str()) == taken) {
            let message =
                format!("the name is taken by the rows that the contract of input port `{}` holds back", input.name);
            diagnostics.push(Diagnostic::error(codes::TABLE_CLASH, &file.shown, message).help("rename the file"));
        }
    }
}

fn report_parameters(models: &[ModelFile], settings: &Layers<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (name, node) in settings.get("parameters").entries() {
        if !models.iter().any(|file| file.mentions.parameters.contains(name)) {
            diagnostics.push(unused_parameter(name, &node));
        }
    }
}

fn unused_parameter(name: &str, node: &Node<'_>) -> Diagnostic {
    node.warning_key(codes::UNUSED_PARAMETER, format!("no model uses the parameter `{name}`"))
        .help(format!("write `${name}` in a model, or remove the parameter"))
}
