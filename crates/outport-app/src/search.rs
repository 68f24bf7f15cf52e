//! What finding products by words asks of an index.
//!
//! An index holds every product on record. Whoever asks says what of them exists for the one who looks ([`Sight`]): an index
//! looks nowhere else, and how well something fits follows from what it says itself and from nothing beside it, as how
//! often a word is said elsewhere. So what is found is the same whatever else there is.

use std::sync::Arc;

use outport_model::name::ProductName;
use serde::Serialize;

/// Why there is no index, or no answer of it.
#[derive(Debug, thiserror::Error)]
#[error("the index failed to {action}")]
pub struct SearchError {
    /// What it was to do.
    pub action: &'static str,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A product.
    Product,
    /// An output port.
    Port,
    /// A table.
    Table,
    /// A column.
    Column,
    /// A document of the bundle.
    Document,
}

/// What a text says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// How programs call it.
    Name,
    /// How people call it.
    Title,
    /// What it is for.
    Purpose,
    /// What it is.
    Description,
    /// The domain that it belongs to.
    Domain,
    /// Who answers for it, or works on it.
    Owner,
    /// A tag or a classification.
    Tag,
    /// All that it says.
    Text,
}

/// Something of a product that words are looked for in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What it is.
    pub place: Place,
    /// Which one.
    pub name: String,
    /// What is said of it.
    pub texts: Vec<(Field, String)>,
}

/// A product as words are looked for in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The product.
    pub product: ProductName,
    /// The product itself first, then what there is of it.
    pub elements: Vec<Element>,
}

/// The elements of a product that exist for someone, by their place in [`Entry::elements`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(Box<[u64]>);

impl Seen {
    /// Whether an element exists for them.
    pub fn has(&self, element: usize) -> bool {
        self.0.get(element / 64).is_some_and(|bits| bits >> (element % 64) & 1 == 1)
    }
}

impl FromIterator<bool> for Seen {
    fn from_iter<T: IntoIterator<Item = bool>>(elements: T) -> Self {
        let mut bits = Vec::new();
        for (at, seen) in elements.into_iter().enumerate() {
            if at % 64 == 0 {
                bits.push(0);
            }
            if let Some(last) = bits.last_mut().filter(|_| seen) {
                *last |= 1 << (at % 64);
            }
        }
        Self(bits.into())
    }
}

/// What exists for someone, by the slot of the product; a product that is left out does not.
pub type Sight = Vec<Option<Seen>>;

/// A product in which every word was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its slot.
    pub slot: usize,
    /// How well it fits, up to 1.
    pub fit: f32,
}

/// Where words were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Match {
    /// What they are about.
    pub place: Place,
    /// Which one.
    pub name: String,
    /// What they say of it.
    pub field: Field,
    /// The text, or the part of it around the words.
    pub snippet: Vec<Part>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// Makes indexes.
pub trait Indexer: Send + Sync + std::fmt::Debug {
    /// An index of these products. What it has in common with the one that was made before is not looked at again.
    ///
    /// This takes a while: not for a task that must not block.
    fn index(&self, entries: Vec<Entry>) -> Result<Arc<dyn Index>, SearchError>;
}

/// An index of some products, which stays as it is.
pub trait Index: Send + Sync + std::fmt::Debug {
    /// The products, each in its slot.
    fn slots(&self) -> &[Option<Arc<Entry>>];

    /// The products in which every word is found among what exists for someone, in the order of the slots; `None` where the
    /// text has no word. The last word may be the beginning of one, and words may be written wrong.
    fn find(&self, text: &str, sight: &Sight) -> Result<Option<Vec<Hit>>, SearchError>;

    /// Where the words are found in a product, at most `most` places: first one for each word, then others, of both what
    /// says most first.
    fn matches(&self, text: &str, slot: usize, seen: &Seen, most: usize) -> Vec<Match>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_what_was_said() {
        let all: Vec<bool> = (0..150).map(|at| at % 3 == 0).collect();
        let seen: Seen = all.iter().copied().collect();
        assert!((0..150).all(|at| seen.has(at) == all[at]));
        assert!(!seen.has(150) && !seen.has(10_000));
        assert!(!Seen::from_iter([]).has(0));
    }
}
