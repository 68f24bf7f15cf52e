//! For random tables and rules, the engine's counts are those of a row-by-row evaluation.
