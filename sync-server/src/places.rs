//! Places in the queue for password hashes. Each hash takes 19 MB and a core, so a flood of logins must wait, and the queue
//! must have an end; but a stranger who fills it must not keep the clerk out.
//!
//! So a browser in which the account was opened before, and whoever is signed in, have places of their own; and of those for
//! strangers one network gets a few.

use crate::guesses::{Source, network};
use domain::problem::{Code, Problem};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for strangers, all networks together.
const STRANGERS: usize = 8;
/// Of these, for one network.
const ONE_NETWORK: u32 = 3;
/// Places for those who are known.
const KNOWN: usize = 4;

/// The queue.
pub(crate) struct Places {
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    by_network: Arc<Mutex<HashMap<String, u32>>>,
}

/// A place in the queue. It comes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _turn: OwnedSemaphorePermit,
    _network: Option<OfNetwork>,
}

#[derive(Debug)]
struct OfNetwork {
    by_network: Arc<Mutex<HashMap<String, u32>>>,
    network: String,
}

impl Drop for OfNetwork {
    fn drop(&mut self) {
        let mut all = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = all.get_mut(&self.network) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                all.remove(&self.network);
            }
        }
    }
}

impl Default for Places {
    fn default() -> Places {
        Places {
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            known: Arc::new(Semaphore::new(KNOWN)),
            by_network: Arc::default(),
        }
    }
}

impl Places {
    /// Takes a place for a login, if there is one.
    pub(crate) fn for_login(&self, source: &Source) -> Result<Place, Problem> {
        match source {
            Source::Browser(_) => self.for_known(),
            Source::Network(address) => {
                let network = self.of_network(network(*address))?;
                Ok(Place { _turn: turn(&self.strangers)?, _network: Some(network) })
            }
        }
    }

    /// Takes a place for somebody who is signed in, or who has the link of the first set-up.
    pub(crate) fn for_known(&self) -> Result<Place, Problem> {
        Ok(Place { _turn: turn(&self.known)?, _network: None })
    }

    fn of_network(&self, network: String) -> Result<OfNetwork, Problem> {
        let mut all = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = all.entry(network.clone()).or_default();
        if *taken >= ONE_NETWORK {
            return Err(full());
        }
        *taken += 1;
        Ok(OfNetwork { by_network: Arc::clone(&self.by_network), network })
    }
}

fn turn(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(places).try_acquire_owned().map_err(|_| full())
}

fn full() -> Problem {
    let mut problem = Problem::new(Code::LoginLocked);
    "มีคนเข้าสู่ระบบพร้อมกันมาก รอสักครู่แล้วลองใหม่".clone_into(&mut problem.hint);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Source {
        Source::Network(address.parse().unwrap())
    }

    #[test]
    fn a_stranger_fills_neither_the_places_of_others_nor_those_of_the_known() {
        let places = Places::default();
        let held: Vec<Place> = (0..3).map(|_| places.for_login(&from("10.0.0.1")).unwrap()).collect();
        assert_eq!(places.for_login(&from("10.0.0.1")).unwrap_err().code, Code::LoginLocked);
        let others: Vec<Place> =
            (2..7).map(|at| places.for_login(&from(&format!("10.0.0.{at}"))).unwrap()).collect();
        assert_eq!(
            places.for_login(&from("10.0.0.9")).unwrap_err().code,
            Code::LoginLocked,
            "the queue has an end"
        );
        let known = || places.for_login(&Source::Browser("x".to_owned()));
        let kept: Vec<Place> = (0..4).map(|_| known().unwrap()).collect();
        assert!(known().is_err());
        drop((held, others, kept));
        assert!(known().is_ok() && places.for_login(&from("10.0.0.1")).is_ok());
        assert!(places.by_network.lock().unwrap().is_empty(), "nothing is kept of who was here");
    }
}
