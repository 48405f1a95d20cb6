//! Types the filter and the sidecar exchange, defined once. Each is JSON; unknown fields are ignored by readers
//! (either side may be newer), unknown enum values are errors (a verdict that is not understood is no verdict).

pub mod control;
pub mod decision;
pub mod judge;
pub mod review;
