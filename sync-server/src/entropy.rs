//! Randomness of the machine, for ids, codes and tokens.

/// The system's source, as a store takes it.
///
/// A machine that cannot give random bytes would give every device the same token; the process ends instead.
pub fn system() -> store::Entropy {
    Box::new(|bytes| {
        if getrandom::fill(bytes).is_err() {
            tracing::error!("the system gives no random bytes");
            std::process::abort();
        }
    })
}
