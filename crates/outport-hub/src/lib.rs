//! The files of the hub, in the binary.
//!
//! The hub is written in TypeScript (`hub/`) and built by `scripts/hub build` into `hub/dist`. What is there when this
//! crate is compiled is in [`FILES`]. Nothing needs to be there: then [`index`] is a page that says how to build the
//! hub, and whoever works on the server needs no Node.js.
//!
//! This crate knows nothing of HTTP; who serves the files is told their [media type](File::media_type).

/// A file of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Where it is, from the folder of the hub on, with `/` between its parts.
    pub path: &'static str,
    /// What is in it.
    pub plain: &'static [u8],
    /// The same, compressed by gzip.
    pub gzip: Option<&'static [u8]>,
    /// The same, compressed by Brotli.
    pub brotli: Option<&'static [u8]>,
}

/// Every file of the hub, by path; none where it was not built.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page in the place of a hub that was not built.
static NOT_BUILT: File = File { path: "index.html", plain: include_bytes!("not-built.html"), gzip: None, brotli: None };

/// The page that loads all others.
pub fn index() -> &'static File {
    FILES.iter().find(|file| file.path == NOT_BUILT.path).unwrap_or(&NOT_BUILT)
}

/// Whether the hub was built when this was compiled.
pub fn is_built() -> bool {
    !FILES.is_empty()
}

impl File {
    /// Its media type, after the end of its name.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("js" | "mjs") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json" | "map") => "application/json",
            Some("webmanifest") => "application/manifest+json",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("ico") => "image/x-icon",
            Some("woff2") => "font/woff2",
            Some("wasm") => "application/wasm",
            Some("md" | "txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_in_any_case() {
        assert_eq!(index().path, "index.html");
        assert_eq!(index().media_type(), "text/html; charset=utf-8");
        assert_eq!(is_built(), *index() != NOT_BUILT);
    }

    #[test]
    fn the_page_without_a_hub_says_what_to_do() {
        let page = std::str::from_utf8(NOT_BUILT.plain).unwrap();
        assert!(page.contains("scripts/hub build"));
        assert!(!page.contains("<style") && !page.contains("<script"), "the policy of pages allows neither");
    }

    #[test]
    fn every_file_is_one_and_has_a_type() {
        for pair in FILES.windows(2) {
            assert!(pair[0].path < pair[1].path, "{} {}", pair[0].path, pair[1].path);
        }
        for file in FILES {
            assert!(!file.path.split('/').any(|part| part.is_empty() || part.starts_with('.')), "{}", file.path);
            assert_ne!(file.media_type(), "application/octet-stream", "{}", file.path);
        }
    }
}
