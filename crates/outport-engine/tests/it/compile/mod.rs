mod bundle;
mod diagnostics;
mod fingerprints;
mod lineage;
mod running;
