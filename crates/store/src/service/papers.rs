//! Bills and receipts as pages of the office: which may go out by post, one by itself, and how often each was printed.

use super::money::{Holder, bill_paper, holder_of_entry, receipt_paper};
use super::{Caller, list};
use crate::error::{Optional, Result};
use crate::{Store, ledger, project, rebill, round, row};
use documents::paper::{BillPaper, ReceiptPaper};
use domain::access::{self, Action};
use domain::api::BillsPdf;
use domain::billing::BillNumber;
use domain::change::field;
use domain::ids::{RecordId, Shelf};
use domain::ledger::Fact;
use domain::problem::Code;
use domain::thai_date;

/// The cycle of the last visit of a billed round, and whether the office has to look at it first.
pub(super) fn last_visited(store: &Store, holder: &Holder) -> Result<Option<(String, i64)>> {
    let form = &holder.billing()?.form;
    if holder.programme.round.as_ref().is_none_or(|round| round.form != *form) {
        return Ok(None);
    }
    let none = (project::CORRECTED, field::SET_ASIDE);
    let cycle: Option<String> = store
        .db
        .prepare_cached(
            "SELECT cycle FROM visit WHERE subject = ?1 AND form = ?2 AND outcome NOT IN (?3, ?4) \
             ORDER BY at_ms DESC, no DESC LIMIT 1",
        )?
        .query_row((holder.row.id.bytes(), form, none.0, none.1), |row| row.get(0))
        .optional()?;
    let Some(cycle) = cycle else { return Ok(None) };
    let counts = round::counting_of(&store.db, &cycle, &holder.row)?;
    Ok(counts.map(|visit| (cycle, visit.state)))
}

/// A bill or a receipt, ready to be drawn as a page.
pub enum PagePaper {
    /// A bill.
    Bill(Box<BillPaper>),
    /// A receipt.
    Receipt(Box<ReceiptPaper>),
}

impl Store {
    /// The zones whose bills of a cycle may go out by post: those that the office approved. A programme that is not walked
    /// in rounds has no cycles to approve.
    ///
    /// Errors: what the grant does not allow.
    pub fn zones_to_bill(
        &self,
        grant: &access::Grant,
        now: crate::Now,
        ask: &BillsPdf,
    ) -> Result<Vec<String>> {
        let shelves = self.shelves_to_bill(grant, now, ask)?;
        Ok(shelves.into_iter().map(|(_, shelf)| shelf.zone).collect())
    }

    pub(super) fn shelves_to_bill(
        &self,
        grant: &access::Grant,
        now: crate::Now,
        ask: &BillsPdf,
    ) -> Result<Vec<(i64, Shelf)>> {
        access::may(grant, Action::Office)?;
        let shelves = list::shelves(self, &Caller { grant, now }, &ask.programme, ask.zone.as_deref())?;
        let walked = self.programmes.get(&ask.programme).is_some_and(|programme| programme.round.is_some());
        let mut sent = Vec::new();
        for (no, shelf) in shelves {
            if !walked || rebill::state_of(&self.db, &shelf, &ask.cycle)?.sends() {
                sent.push((no, shelf));
            }
        }
        Ok(sent)
    }

    /// Counts bills as printed, by their numbers: what is printed again is a copy.
    pub fn papers_printed(&mut self, numbers: &[BillNumber]) -> Result<()> {
        self.transact(|tx| {
            for number in numbers {
                let id = tx
                    .db
                    .prepare_cached(
                        "SELECT record.id FROM entry JOIN record ON record.no = entry.no \
                         WHERE entry.number = ?1 AND entry.number <> '' LIMIT 1",
                    )?
                    .query_row([number.as_str()], |row| row.get(0))
                    .optional()?;
                if let Some(id) = id {
                    ledger::printed(tx, row::id_of(id))?;
                }
            }
            Ok(())
        })
    }

    /// One bill or receipt, ready to be drawn as a page, with its number. Whoever has drawn it says so by
    /// [`Store::papers_printed`].
    ///
    /// Errors: what the grant does not allow; [`Code::NoBill`] for what has no paper.
    pub fn page_paper(
        &self,
        grant: &access::Grant,
        now: crate::Now,
        entry: RecordId,
    ) -> Result<(PagePaper, BillNumber)> {
        let caller = &Caller { grant, now };
        access::may(grant, Action::Office)?;
        let (holder, entry) = holder_of_entry(self, caller, entry)?;
        let printed = format!("พิมพ์ {} โดย {}", thai_date::moment(now.ms, now.offset_minutes), grant.person);
        let copy = ledger::times_printed(&self.db, entry.id)?;
        match &entry.fact {
            Fact::Bill(bill) => {
                let entries = ledger::entries_of(&self.db, entry.subject)?;
                let mut paper = bill_paper(self, &holder, (&entries, &entry), (**bill).clone(), printed)?;
                paper.copy = copy;
                Ok((PagePaper::Bill(Box::new(paper)), bill.no.clone()))
            }
            Fact::Payment(payment) if !payment.receipt_no.is_empty() => {
                let mut paper = receipt_paper(self, &holder, (&entry, payment), printed, now.offset_minutes)?;
                paper.copy = copy;
                Ok((PagePaper::Receipt(Box::new(paper)), BillNumber::of(&payment.receipt_no)))
            }
            _ => Err(Code::NoBill.into()),
        }
    }
}
