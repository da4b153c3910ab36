//! A simulated municipality: one server, people with phones, clocks that are wrong and a network that is bad, all in
//! one process and from one seed. Stories are told with it in `stories/`, faults in `faults/`.
//!
//! Nothing here imitates the product: phones and server are real stores on real SQLite, and every byte that
//! travels is the one that would travel over HTTP. Only the socket, the clock and the dice are ours.
//!
//! The harnesses R1 to R14 in [`harness`] break real processes, disks and networks as well.

pub mod harness;
pub mod world;
