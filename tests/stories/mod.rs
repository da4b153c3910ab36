//! Stories: what people do, and what must be so afterwards. Names C1 to C9 are the promises that admit no exception.

mod clocks;
mod healing;
mod labels;
mod merging;
mod numbers;
mod registry;
mod rights;
mod shelves;
