//! Control state: what is stopped, tightened or killed. [`breaker`] and [`pace`] are pure machines that get time as a
//! value, [`accounting`] says what counts for them, [`state`] holds them by scope, makes them durable and publishes
//! snapshots. Nothing here sees content or HTTP.

pub mod accounting;
pub mod breaker;
pub mod pace;
pub mod state;
pub mod window;

pub use state::{Command, Control, ControlError, Order};
