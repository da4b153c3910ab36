//! Forms for other programs: as an ODK XForm, and as the sheets of an XLSForm.

mod body;
mod names;
mod paths;
mod sheets;
mod texts;
mod xform;
mod xml;

pub use sheets::sheets;
pub use xform::{Exported, xform};
