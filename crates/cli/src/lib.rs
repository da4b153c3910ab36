//! What the tool shares with the benchmark: the network of a device without a screen.

pub mod http;
