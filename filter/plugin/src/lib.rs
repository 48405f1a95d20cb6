//! weir-filter: the engine inside a proxy-wasm VM. Host callbacks become engine events, engine effects become host
//! calls; what is decided is the engine's business alone.
//!
//! Everything but `host` (the ABI) and `entry` (the callbacks Envoy calls) is plain Rust over the [`proxy::Proxy`]
//! seam and is tested natively. Nothing here is static: two configurations may serve side by side in one VM.
#![deny(unsafe_code)]

pub mod answer;
pub mod backoff;
pub mod control;
pub mod exchange;
pub mod half;
pub mod headers;
pub mod ids;
pub mod limits;
pub mod metrics;
pub mod permits;
pub mod poll;
pub mod proxy;
pub mod queue;
pub mod root;
pub mod worker;

#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(test)]
mod recorder;
