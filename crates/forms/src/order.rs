//! The order of work: every computation comes after what it reads.
//!
//! Computations that read each other in a circle get one rank and are worked out once per change, in document order.
//! Circles are found with Kosaraju's two passes, without recursion: a form may have a chain of thousands.

use std::collections::BTreeSet;

use crate::form::{Form, Target};
use crate::xpath::analysis::Outline;

impl Form {
    /// Orders the computations so that each comes after what it reads. Circles get one rank (Kosaraju's two passes).
    pub(crate) fn rank(&mut self) {
        let count = self.computations.len();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (number, computation) in self.computations.iter().enumerate() {
            let mut wanted: BTreeSet<usize> = BTreeSet::new();
            for reading in &computation.readings {
                wanted.extend(self.writers(reading.node));
            }
            for other in wanted {
                if other != number {
                    before.get_mut(number).into_iter().for_each(|list| list.push(other));
                    after.get_mut(other).into_iter().for_each(|list| list.push(number));
                }
            }
        }
        let finished = finishing_order(&after);
        let mut rank_of: Vec<Option<u32>> = vec![None; count];
        let mut next_rank = 0;
        for start in finished.into_iter().rev() {
            if rank_of.get(start).is_some_and(Option::is_some) {
                continue;
            }
            let mut circle = Vec::new();
            let mut waiting = vec![start];
            while let Some(number) = waiting.pop() {
                let Some(slot) = rank_of.get_mut(number) else { continue };
                if slot.is_some() {
                    continue;
                }
                *slot = Some(next_rank);
                circle.push(number);
                waiting.extend(before.get(number).into_iter().flatten());
            }
            next_rank += 1;
            for number in &circle {
                if let Some(computation) = self.computations.get_mut(*number) {
                    computation.circular = circle.len() > 1
                        || computation.readings.iter().any(|reading| reading.node == computation.node);
                }
            }
            if circle.len() > 1 {
                let names: BTreeSet<&str> = circle
                    .iter()
                    .filter_map(|number| self.computations.get(*number))
                    .map(|found| self.path(found.node))
                    .collect();
                self.add_circle(names.into_iter().collect::<Vec<_>>().join(", "));
            }
        }
        for (computation, rank) in self.computations.iter_mut().zip(rank_of) {
            computation.rank = rank.unwrap_or(0);
        }
    }

    /// Computations that decide what a reader of this node sees: its value, and whether it is there at all.
    fn writers(&self, node: u32) -> Vec<usize> {
        let mut all = Vec::new();
        let mut place = Some(node);
        while let Some(at) = place {
            for number in self.own.get(at as usize).into_iter().flatten() {
                let Some(computation) = self.computations.get(*number as usize) else { continue };
                if at == node || matches!(computation.target, Target::Relevant | Target::Count) {
                    all.push(*number as usize);
                }
            }
            place = Outline::parent(self, at);
        }
        all
    }
}

/// Order in which a depth-first walk leaves the nodes, without recursion.
fn finishing_order(next: &[Vec<usize>]) -> Vec<usize> {
    let mut done = Vec::with_capacity(next.len());
    let mut seen = vec![false; next.len()];
    for start in 0..next.len() {
        let mut line = vec![(start, 0)];
        if std::mem::replace(seen.get_mut(start).unwrap_or(&mut true), true) {
            continue;
        }
        while let Some((node, place)) = line.pop() {
            match next.get(node).and_then(|list| list.get(place)) {
                Some(child) => {
                    line.push((node, place + 1));
                    if let Some(slot) = seen.get_mut(*child)
                        && !std::mem::replace(slot, true)
                    {
                        line.push((*child, 0));
                    }
                }
                None => done.push(node),
            }
        }
    }
    done
}
