//! The real binary over real HTTP, with real files: what a filter, an operator and a crash do to it. Every test
//! starts its own sidecar on free ports and a directory of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics has failed, as it should"
)]

mod admin;
mod audit;
mod configuration;
mod control;
mod deferred;
mod eval;
mod judge;
mod lifecycle;
mod mock_model;
mod process;
mod reviews;
mod scan;
