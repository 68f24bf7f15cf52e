//! How files are encoded.

use outport_model::{
    diagnostic::Diagnostic,
    source::{Compression, CsvDialect, FileFormat, FileSource},
};

use crate::{codes, config::Layers, node::Node};

/// Settings of one file source, the strongest first: those of `outport.yaml`, then those of the server.
struct Dialect<'a> {
    settings: &'a Layers<'a>,
    server: Option<&'a Node<'a>>,
}

/// The files of a server of type `local`.
pub(crate) fn of_server(
    server: &Node<'_>,
    settings: &Layers<'_>,
    absolute: impl Fn(&str) -> String,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileSource> {
    let path = server.get("path")?;
    demand_utf8(server, diagnostics)?;
    let dialect = Dialect { settings, server: Some(server) };
    let format = server.get("format").unwrap_or_else(|| path.clone());
    dialect.source(&path, absolute(path.as_text()?), &format, diagnostics)
}

/// The files at a path below a depot.
pub(super) fn of_path(
    path: &Node<'_>,
    location: String,
    settings: &Layers<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileSource> {
    let format = settings.value("format").unwrap_or_else(|| path.clone());
    Dialect { settings, server: None }.source(path, location, &format, diagnostics)
}

fn demand_utf8(server: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let Some(encoding) = server.get("encoding") else { return Some(()) };
    let text = encoding.as_text()?;
    if matches!(text.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "ascii" | "us-ascii") {
        return Some(());
    }
    diagnostics.push(
        encoding
            .error(codes::FILE_FORMAT, format!("files in `{text}` cannot be read"))
            .help("convert them to UTF-8, for example with `iconv -t utf-8`"),
    );
    None
}

impl<'a> Dialect<'a> {
    /// The source, of a format that is named or told by the ending of the path.
    fn source(
        &self,
        path: &Node<'_>,
        location: String,
        format: &Node<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileSource> {
        let (bare, by_ending) = split_compression(path.as_text()?);
        let named = format.as_text()?;
        let named = if format.pointer() == path.pointer() { ending(bare) } else { named.to_ascii_lowercase() };
        let compression = self.compression(diagnostics).unwrap_or(by_ending);
        let format = match named.as_str() {
            "csv" => FileFormat::Csv(self.csv(',', compression, diagnostics)),
            "tsv" => FileFormat::Csv(self.csv('\t', compression, diagnostics)),
            "json" => FileFormat::Json(compression),
            "ndjson" | "jsonl" => FileFormat::Ndjson(compression),
            "parquet" => FileFormat::Parquet,
            "delta" => FileFormat::Delta,
            _ => {
                diagnostics.push(
                    format
                        .error(codes::FILE_FORMAT, "the format of the files is not known")
                        .help("give `format`: csv, json, ndjson, parquet or delta"),
                );
                return None;
            }
        };
        Some(FileSource { location, written: path.written().unwrap_or_default().to_owned(), format })
    }

    /// A setting, from `csv` in `outport.yaml`, from the server's custom properties, or from the server itself.
    fn get(&self, key: &str) -> Option<Node<'a>> {
        let own = self.settings.get("csv").value(key).or_else(|| self.settings.value(key));
        own.or_else(|| custom_property(self.server?, key)).or_else(|| self.server?.get(key))
    }

    fn compression(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Compression> {
        let node = self.get("compression")?;
        let known = node.as_text().and_then(|text| match text.to_ascii_lowercase().as_str() {
            "none" => Some(Compression::None),
            "gzip" | "gz" => Some(Compression::Gzip),
            "zstd" => Some(Compression::Zstd),
            "bzip2" => Some(Compression::Bzip2),
            "xz" => Some(Compression::Xz),
            _ => None,
        });
        if known.is_none() {
            diagnostics.push(
                node.error(codes::FILE_FORMAT, format!("{} is no compression", node.value()))
                    .help("write none, gzip, zstd, bzip2 or xz"),
            );
        }
        known
    }

    fn csv(&self, delimiter: char, compression: Compression, diagnostics: &mut Vec<Diagnostic>) -> CsvDialect {
        let mut character = |key| self.get(key).and_then(|node| character(key, &node, diagnostics));
        CsvDialect {
            delimiter: character("delimiter").unwrap_or(delimiter),
            quote: character("quote").unwrap_or('"'),
            escape: character("escape"),
            comment: character("comment"),
            header: self.get("header").and_then(|node| node.value().as_bool()).unwrap_or(true),
            null_values: self.null_values(),
            compression,
        }
    }

    fn null_values(&self) -> Vec<String> {
        let Some(node) = self.get("nullValues") else { return Vec::new() };
        let texts = node.as_text().map(str::to_owned).into_iter();
        texts.chain(node.items().iter().filter_map(|item| item.as_text().map(str::to_owned))).collect()
    }
}

/// The value of a custom property that is ours or nobody's.
fn custom_property<'a>(server: &Node<'a>, key: &str) -> Option<Node<'a>> {
    let ours = |vendor: Option<&str>| matches!(vendor, None | Some("outport"));
    let properties = server.list("customProperties");
    let property = properties.iter().find(|p| p.text("property") == Some(key) && ours(p.text("vendor")))?;
    property.get("value")
}

fn character(key: &str, node: &Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<char> {
    let text = node.as_text()?;
    if matches!(text, "\\t" | "tab") {
        return Some('\t');
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii() => Some(character),
        _ => {
            diagnostics.push(
                node.error(codes::FILE_FORMAT, format!("`{key}` is one ASCII character, not `{text}`"))
                    .help("write it in quotes, a tab as \"\\t\""),
            );
            None
        }
    }
}

fn split_compression(path: &str) -> (&str, Compression) {
    const ENDINGS: [(&str, Compression); 5] = [
        (".gz", Compression::Gzip),
        (".zst", Compression::Zstd),
        (".zstd", Compression::Zstd),
        (".bz2", Compression::Bzip2),
        (".xz", Compression::Xz),
    ];
    let found = ENDINGS.iter().find_map(|(ending, kind)| Some((path.strip_suffix(ending)?, *kind)));
    found.unwrap_or((path, Compression::None))
}

fn ending(path: &str) -> String {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending).to_ascii_lowercase()
}
