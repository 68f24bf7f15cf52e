//! Finds products by words: the index of [`outport_app::search`], in memory.
//!
//! It is the only crate that names tantivy, of which it takes words, their forms, lists of where they stand, and automata
//! that find words written wrong. What a place is worth is decided here: tantivy's own scores weigh a word by how rare it is
//! among all documents, and so would tell of those that are hidden.
//!
//! Where to start:
//! - [`Indexer`]: keeps the index up to date; a product that has not changed is not looked at again;
//! - `index`: finds the products in which every word stands;
//! - `places`: shows where the words stand in one of them;
//! - `words`: what a word is; `near`: how far one is from another; `worth`: what a place is worth.
//!
//! **Invariant**: how well a product fits follows from the words, from what is seen of the product, and from nothing else.

mod index;
mod indexer;
mod near;
mod places;
mod words;
mod worth;

pub use indexer::Indexer;
