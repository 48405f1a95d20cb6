//! `make fuzz`: texts made from the rules' own examples by mutation, through every part of detection, and bodies of every
//! protocol through every decoder. Seeded: a target, a seed and a count name the same inputs for ever. Besides panics and
//! wrong ranges it looks for planted credentials that pass, for slow texts, and breeds from the slowest: what costs much
//! per byte is kept and mutated further.

pub mod arguments;
pub mod bodies;
pub mod check;
pub mod decoders;
pub mod differential;
pub mod documents;
pub mod drafts;
pub mod exchange;
pub mod flight;
pub mod frames;
pub mod held;
pub mod json_text;
pub mod lines;
pub mod mutation;
pub mod pace;
pub mod seeds;
pub mod tree;
