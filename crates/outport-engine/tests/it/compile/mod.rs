mod bundle;
mod diagnostics;
mod examples;
mod fingerprints;
mod lineage;
mod places;
mod running;
