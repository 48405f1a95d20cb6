//! The policy: a strict document ([`document`]), compiled once ([`compile`]) into [`Settings`] the hot path
//! reads, and the decision over findings and control state ([`decide`]). It never sees text.
//!
//! `source` (text -> JSON, through `yaml` if need be; `outline` finds an error's place, `explain` its words) ->
//! `document` (raw types, by `read` along the tables of `fields`) -> `check` (meaning) -> `compile` (settings, from the tier `preset`s up); `select` says
//! which traffic gets which.

pub mod action;
mod check;
pub mod compile;
pub mod decide;
pub mod document;
pub(crate) mod exception;
mod explain;
mod fields;
#[cfg(test)]
mod json_tests;
mod outline;
mod preset;
mod read;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(test)]
mod schema_tests;
pub mod score;
mod select;
pub mod settings;
mod source;
#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests;
#[cfg(feature = "yaml")]
mod yaml;

pub use action::{ActionIdentity, action_hash, sha256_hex};
pub use compile::{Policy, PolicyError};
pub use decide::{Decision, Reason};
pub use document::{Layer, Mode, Tier};
#[cfg(feature = "schema")]
pub use schema::json_schema;
pub use select::Selector;
pub use settings::Settings;
