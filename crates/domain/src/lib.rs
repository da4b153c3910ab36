//! The words and laws of Sanam: what a record is, how two replicas agree, what travels, who may do what.
//!
//! This crate is pure. It has no I/O, no clock, no randomness, no async and no SQL: the caller passes the
//! time and the random bits, so that every rule here can be tested by a table and replayed from a seed.
//! Suggested reading order is the order of the modules below.

pub mod access;
pub mod api;
pub mod billing;
pub mod calc;
pub mod change;
pub mod clock;
pub mod code;
pub mod cycle;
pub mod fhir;
pub mod ids;
pub mod ledger;
pub mod merge;
pub mod money;
pub mod notify;
pub mod order;
pub mod place;
pub mod planted;
pub mod problem;
pub mod programme;
pub mod promptpay;
pub mod question;
pub mod report;
pub mod schedule;
pub mod text;
pub mod thai_date;
pub mod wire;
