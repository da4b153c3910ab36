//! One integration binary: stories of people and phones, faults, and the boundaries of the code itself.

mod boundaries;
mod faults;
mod stories;
