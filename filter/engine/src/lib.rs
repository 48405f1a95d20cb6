//! weir-engine: the whole decision, as a pure state machine.
//!
//! Bytes, time and identities come in as [`event::Event`]s; what to do comes out as [`event::Effects`].
//! This crate never does I/O, never reads a clock, never draws randomness, never names a proxy, and never
//! panics on any input. The same code decides in the proxy, in `weir check`, in replays and in the playground.
//!
//! The stages, in order: [`protocol`] and [`stream`] read bytes into [`segment`]s, [`normalize`] makes views,
//! [`detect`] finds, [`policy`] decides, [`act`] makes effects; [`session`] is the pipeline.
#![forbid(unsafe_code)]

pub mod act;
pub mod detect;
pub mod event;
mod lanes;
pub mod limits;
pub mod normalize;
mod order;
pub mod policy;
pub mod protocol;
pub mod segment;
pub mod session;
pub mod stream;
pub mod wire;
