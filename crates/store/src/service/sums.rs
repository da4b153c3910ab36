//! Money on the dashboard: the same sums that the accounts come to, without working out every account.

use crate::error::Result;
use crate::{Store, ledger, project, row};
use domain::api::Tally;
use domain::cycle;
use domain::ledger::{PaymentState, Statement};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};

type Subject = [u8; 16];

/// The subjects that were ever billed for a cycle, whatever became of the bill, with their shelves.
pub(super) fn billed(db: &Connection, cycle: &str, shelves: &str) -> Result<HashMap<Subject, i64>> {
    let mut all = HashMap::new();
    let sql = format!(
        "SELECT subject, shelf FROM entry WHERE cycle = ?1 AND fact = 'bill' AND shelf IN ({shelves})"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([cycle])?;
    while let Some(found) = rows.next()? {
        all.insert(found.get(0)?, found.get(1)?);
    }
    Ok(all)
}

/// A bill as the index has it: its shelf, its amount, and how many of them the subject has in the cycle.
struct Billed {
    shelf: i64,
    amount: i64,
    count: u32,
}

/// Adds what was billed for a cycle, and what was received and claimed in its month, by shelf. Where an account has one bill
/// and payments that nobody said anything about, the index is enough; of all others the statement is asked.
pub(super) fn money(
    store: &Store,
    cycle: &str,
    shelves: &str,
    tallies: &mut BTreeMap<i64, Tally>,
) -> Result<()> {
    let (Some(from), Some(to)) =
        (cycle::first_day(cycle), cycle::later(cycle, 1).and_then(|next| cycle::first_day(&next)))
    else {
        return Ok(());
    };
    let (from, to) = (from.to_string(), to.to_string());
    let mut odd: BTreeMap<Subject, i64> = said_about(store, cycle, shelves, (&from, &to))?;
    let mut bills: HashMap<Subject, Billed> = HashMap::new();
    {
        let sql = format!(
            "SELECT subject, shelf, amount FROM entry WHERE cycle = ?1 AND fact = 'bill' AND shelf IN ({shelves})"
        );
        let mut statement = store.db.prepare_cached(&sql)?;
        let mut rows = statement.query([cycle])?;
        while let Some(found) = rows.next()? {
            let bill = Billed { shelf: found.get(1)?, amount: found.get(2)?, count: 0 };
            bills.entry(found.get(0)?).or_insert(bill).count += 1;
        }
    }
    let several = bills.iter().filter(|(_, bill)| bill.count > 1);
    odd.extend(several.map(|(subject, bill)| (*subject, bill.shelf)));
    let mut payments: Vec<(Subject, i64, i64, bool)> = Vec::new();
    {
        let sql = format!(
            "SELECT subject, shelf, amount, slip <> '', \
             slip <> '' AND (SELECT count(*) FROM entry twice WHERE twice.slip = entry.slip AND twice.slip <> '' \
             AND twice.subject = entry.subject) > 1 \
             FROM entry WHERE day >= ?1 AND day < ?2 AND fact = 'payment' AND shelf IN ({shelves})"
        );
        let mut statement = store.db.prepare_cached(&sql)?;
        let mut rows = statement.query((&from, &to))?;
        while let Some(found) = rows.next()? {
            let (subject, shelf): (Subject, i64) = (found.get(0)?, found.get(1)?);
            if found.get(4)? {
                odd.insert(subject, shelf);
            }
            payments.push((subject, shelf, found.get(2)?, found.get(3)?));
        }
    }
    let mut add = |shelf: i64, part: fn(&mut Tally) -> &mut i64, amount: i64| {
        let sum = part(tallies.entry(shelf).or_default());
        *sum = sum.saturating_add(amount);
    };
    for (_, bill) in bills.iter().filter(|(subject, _)| !odd.contains_key(*subject)) {
        add(bill.shelf, |tally| &mut tally.billed, bill.amount);
    }
    for (_, shelf, amount, by_slip) in payments.into_iter().filter(|(subject, ..)| !odd.contains_key(subject))
    {
        // A payment takes from what is owed.
        let part: fn(&mut Tally) -> &mut i64 =
            if by_slip { |tally| &mut tally.claimed } else { |tally| &mut tally.collected };
        add(shelf, part, amount.saturating_neg());
    }
    for (subject, shelf) in odd {
        let statement = Statement::of(&ledger::entries_of(&store.db, row::id_of(subject))?);
        if let Some(bill) = statement.bill_of(cycle) {
            add(shelf, |tally| &mut tally.billed, bill.amount.0);
        }
        for paid in statement.payments.iter().filter(|paid| paid.state.counts() && paid.means.is_some()) {
            let (day, _) = project::day_and_ms(&paid.at);
            if !(from.as_str()..to.as_str()).contains(&day.as_str()) {
                continue;
            }
            let part: fn(&mut Tally) -> &mut i64 = match paid.state {
                PaymentState::Claimed => |tally| &mut tally.claimed,
                _ => |tally| &mut tally.collected,
            };
            add(shelf, part, paid.amount.0);
        }
    }
    Ok(())
}

/// The subjects of whose bills or payments somebody said something: cancelled, came, never came. What is said of a bill has
/// its cycle; what is said of a payment has none.
fn said_about(
    store: &Store,
    cycle: &str,
    shelves: &str,
    (from, to): (&str, &str),
) -> Result<BTreeMap<Subject, i64>> {
    let mut all = BTreeMap::new();
    let sql = format!(
        "SELECT subject, shelf FROM entry WHERE cycle = ?1 AND shelf IN ({shelves}) AND fact = 'cancel' \
         UNION SELECT subject, shelf FROM entry WHERE cycle = '' AND shelf IN ({shelves}) AND fact IN ('cancel', 'verdict') \
         AND subject IN (SELECT subject FROM entry WHERE day >= ?2 AND day < ?3 AND fact = 'payment' AND shelf IN ({shelves}))"
    );
    let mut statement = store.db.prepare_cached(&sql)?;
    let mut rows = statement.query((cycle, from, to))?;
    while let Some(found) = rows.next()? {
        all.insert(found.get(0)?, found.get(1)?);
    }
    Ok(all)
}
