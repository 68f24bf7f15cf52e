//! Lists the files of `hub/dist`, where the hub was built, so that they become a part of the crate.
//!
//! A file that lies beside another one with `.br` or `.gz` behind its name is the same, compressed.
//!
//! Two checkouts that share a target directory share this program and what it wrote, whichever of them compiled it. So it
//! names files from the folder of the package, in which Cargo runs it, and never says where that is.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let (hub, built) = (Path::new("../../hub"), Path::new("../../hub/dist"));
    // Cargo takes a path that is not there for one that has changed, each time. So where nothing was built, what is
    // watched is the folder in which it will be.
    let watched = [built, hub].into_iter().find(|folder| folder.is_dir());
    println!("cargo::rerun-if-changed={}", watched.unwrap_or(Path::new("build.rs")).display());
    let mut files = BTreeSet::new();
    if built.join("index.html").is_file() {
        collect(built, &mut files)?;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("there is no `OUT_DIR`"))?);
    fs::write(out.join("files.rs"), list(built, &files))
}

/// Every file below a folder. What begins with a dot is for tools, and served to nobody.
fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else {
            files.insert(path);
        }
    }
    Ok(())
}

/// The text of a slice of all files.
fn list(built: &Path, files: &BTreeSet<PathBuf>) -> String {
    let compressed = |path: &Path, extension: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        files.get(Path::new(&name))
    };
    let is_form = |path: &Path| {
        matches!(path.extension().and_then(|extension| extension.to_str()), Some("br" | "gz"))
            && files.contains(&path.with_extension(""))
    };
    let included = |path: &Path| {
        let below = format!("/{}", path.display());
        format!("include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {below:?}))")
    };
    let form = |path: Option<&PathBuf>| path.map_or("None".to_owned(), |path| format!("Some({})", included(path)));
    let mut text = "&[\n".to_owned();
    for path in files.iter().filter(|path| !is_form(path)) {
        let parts = path.strip_prefix(built).unwrap_or(path).iter().map(|part| part.to_string_lossy());
        let name = parts.collect::<Vec<_>>().join("/");
        let (gzip, brotli) = (form(compressed(path, ".gz")), form(compressed(path, ".br")));
        let plain = included(path);
        // Nothing fails that is written into a text.
        let _ = writeln!(text, "File {{ path: {name:?}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},");
    }
    text.push(']');
    text
}
