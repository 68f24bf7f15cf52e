//! `outport.yaml`: what no open standard covers, with the settings of a workspace laid over those for all.

use crate::node::Node;

/// The JSON Schema of `outport.yaml`, as published for editors.
pub const SCHEMA: &str = include_str!("../../../docs/schemas/outport.schema.json");

/// The same place of the settings in several layers, the strongest first: that of the workspace, then the common one.
#[derive(Clone, Default)]
pub(crate) struct Layers<'a>(Vec<Node<'a>>);

impl<'a> Layers<'a> {
    /// The settings of `workspace`.
    pub(crate) fn new(root: &Node<'a>, workspace: &str) -> Self {
        let own = root.get("workspaces").and_then(|workspaces| workspaces.get(workspace));
        Self(own.into_iter().chain([root.clone()]).collect())
    }

    /// The member `key` of every layer that has it.
    pub(crate) fn get(&self, key: &str) -> Self {
        Self(self.0.iter().filter_map(|layer| layer.get(key)).collect())
    }

    /// The layers, the strongest first.
    pub(crate) fn layers(&self) -> &[Node<'a>] {
        &self.0
    }

    /// The strongest value of the member `key`.
    pub(crate) fn value(&self, key: &str) -> Option<Node<'a>> {
        self.0.iter().find_map(|layer| layer.get(key))
    }

    /// The strongest text of the member `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.value(key)?.as_text()
    }

    /// The members of all layers, each in its strongest form.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Node<'a>)> {
        let mut entries: Vec<(&str, Node<'_>)> = Vec::new();
        for (key, node) in self.0.iter().flat_map(Node::entries) {
            if !entries.iter().any(|(known, _)| *known == key) {
                entries.push((key, node));
            }
        }
        entries
    }
}
