//! Every folder is consistent, and every form answers what its cases say.

mod cases;
mod folders;
mod odk;
