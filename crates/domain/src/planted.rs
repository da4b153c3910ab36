//! Mistakes on purpose. `planted::is("name")` marks the line where somebody could have got it wrong; a build with the feature
//! `planted` can get it wrong there, one mistake at a time, to show that the fault harnesses notice. In every other build it is
//! `false` at compile time and leaves nothing behind.

#[cfg(feature = "planted")]
mod on {
    use std::sync::{PoisonError, RwLock};

    static NOW: RwLock<Option<&'static str>> = RwLock::new(None);

    /// Plants a mistake, or takes it out again.
    pub fn plant(name: Option<&str>) {
        // Some dozens in the life of a test program: they need not be freed.
        let name: Option<&'static str> = name.map(|name| &*Box::leak(name.to_owned().into_boxed_str()));
        *NOW.write().unwrap_or_else(PoisonError::into_inner) = name;
    }

    /// The mistake that is planted now.
    pub fn now() -> Option<&'static str> {
        *NOW.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether this mistake is planted now.
    pub fn is(name: &str) -> bool {
        now() == Some(name)
    }
}

#[cfg(feature = "planted")]
pub use on::{is, now, plant};

/// Says whether this mistake is planted now: never, in this build.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub const fn is(_name: &str) -> bool {
    false
}
