//! Faults: the network, the disk, the server and the phone fail, and nothing that was acknowledged is lost.

mod accidents;
mod counted;
mod harnesses;
mod hostile;
mod network;
mod random;
