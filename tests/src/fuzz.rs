//! `make fuzz`: texts made from the rules' own examples by mutation, through every part of detection. Seeded: a target,
//! a seed and a count name the same texts for ever. Besides panics and wrong ranges it looks for slow texts, and breeds
//! from the slowest: what costs much per byte is kept and mutated further.

pub mod arguments;
pub mod bodies;
pub mod check;
pub mod decoders;
pub mod differential;
pub mod documents;
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
