//! The commands that do not serve: each reads its input, prints its answer and ends.

pub mod admin_client;
pub mod audit;
pub mod check;
pub mod eval;
pub mod scan;
