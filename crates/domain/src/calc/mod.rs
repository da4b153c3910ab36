//! Arithmetic that forms cannot express.
