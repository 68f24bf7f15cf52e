//! What a bundle says to people: parts of its descriptor, and the files in `docs`.

use std::path::Path;

use outport_model::product::{Guide, ProductDocument, SupportChannel, TeamMember};

use super::files::BundleFiles;
use crate::node::Node;

/// Bytes that are kept of one file, and of all of them. They are on record with every state of the product.
const LARGEST: usize = 64 << 10;
const LARGEST_IN_ALL: usize = 256 << 10;

/// What the descriptor says; no documents.
pub(super) fn of_descriptor(root: &Node<'_>) -> Guide {
    let description = root.get("description");
    let described = |key| description.as_ref().and_then(|description| description.string(key));
    let members = root.get("team").map(|team| team.list("members")).unwrap_or_default();
    Guide {
        usage: described("usage"),
        limitations: described("limitations"),
        tags: root.texts("tags"),
        team: members.iter().filter_map(member).collect(),
        support: root.list("support").iter().filter_map(channel).collect(),
        documents: Vec::new(),
    }
}

fn member(node: &Node<'_>) -> Option<TeamMember> {
    let name = node.string("name").or_else(|| node.string("username"))?;
    Some(TeamMember { name, role: node.string("role") })
}

fn channel(node: &Node<'_>) -> Option<SupportChannel> {
    Some(SupportChannel {
        channel: node.string("channel")?,
        url: node.string("url"),
        description: node.string("description"),
        tool: node.string("tool"),
        scope: node.string("scope"),
    })
}

/// The files in `docs`, by name. They are for people, so that nothing in them is an error.
pub(super) fn documents(files: &BundleFiles) -> Vec<ProductDocument> {
    let mut left = LARGEST_IN_ALL;
    let mut documents = Vec::new();
    for (path, bytes) in files.files().iter().filter(|(path, _)| is_document(path)) {
        let text = String::from_utf8_lossy(bytes);
        let kept = text.floor_char_boundary(LARGEST.min(left));
        left -= kept;
        documents.push(ProductDocument {
            file: path.clone(),
            title: title(path, &text),
            truncated: kept < text.len(),
            text: text[..kept].to_owned(),
        });
    }
    documents
}

fn is_document(path: &str) -> bool {
    let name = path.strip_prefix("docs/");
    name.is_some_and(|name| !name.contains('/') && Path::new(name).extension().is_some_and(|end| end == "md"))
}

fn title(path: &str, text: &str) -> String {
    let heading =
        text.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim).filter(|title| !title.is_empty());
    let name = || Path::new(path).file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    heading.map_or_else(name, str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(files: &[(&str, Vec<u8>)]) -> Vec<ProductDocument> {
        let files: BTreeMap<_, _> = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect();
        documents(&BundleFiles::new("shop", files))
    }

    #[test]
    fn documents_have_the_title_of_their_first_heading() {
        let found = read(&[
            ("docs/a.md", b"intro\n\n#  How to use it \n# Another\n".to_vec()),
            ("docs/b.md", b"#no heading\n# \n".to_vec()),
            ("docs/deeper/c.md", b"# C".to_vec()),
            ("docs/d.txt", b"# D".to_vec()),
            ("readme.md", b"# E".to_vec()),
        ]);
        let titles: Vec<_> = found.iter().map(|found| (found.file.as_str(), found.title.as_str())).collect();
        assert_eq!(titles, [("docs/a.md", "How to use it"), ("docs/b.md", "b")]);
        assert!(found.iter().all(|found| !found.truncated));
    }

    #[test]
    fn long_documents_are_cut_between_characters() {
        let found = read(&[("docs/a.md", "€".repeat(LARGEST).into_bytes()), ("docs/b.md", vec![0xff; 3])]);
        assert!(found[0].truncated && found[0].text.len() <= LARGEST && found[0].text.ends_with('€'));
        assert_eq!((found[1].text.as_str(), found[1].truncated), ("\u{fffd}\u{fffd}\u{fffd}", false));
        let names: Vec<String> = (0..6).map(|number| format!("docs/{number}.md")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), vec![b'x'; LARGEST])).collect();
        let kept: Vec<_> = read(&many).iter().map(|found| (found.text.len(), found.truncated)).collect();
        assert_eq!(kept[3..], [(LARGEST, false), (0, true), (0, true)]);
    }
}
