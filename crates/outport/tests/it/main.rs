//! Whole runs of the `outport` binary, each with a home of its own.

mod docs;
