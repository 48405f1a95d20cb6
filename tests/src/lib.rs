//! Test tools: the real parts (Envoy, the filter, the sidecar) and a mock model, started on free loopback ports and
//! ended with the value that started them. Nothing here decides anything about traffic; nothing outside tests,
//! the demo and the benchmark uses it. Tools return errors instead of panicking, so that `make run` can use them too.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

pub mod bench;
pub mod client;
pub mod corpus;
pub mod demo;
pub mod encoded;
pub mod envoy;
pub mod evidence;
pub mod failure;
pub mod fuzz;
pub mod load;
pub mod mock_model;
pub mod mutate;
pub mod obfuscate;
pub mod paced;
pub mod ports;
pub mod process;
pub mod raw;
pub mod server;
pub mod sidecar;
pub mod stack;
pub mod streams;
pub mod traffic;
