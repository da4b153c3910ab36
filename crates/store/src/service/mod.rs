//! The one door for screens: every request in one exhaustive `match`.

mod arrears;
mod brings;
mod card;
pub(crate) mod columns;
mod copies;
mod draft;
mod emergency;
mod found;
mod host;
mod known;
mod labels;
mod list;
mod money;
mod notify;
mod office;
mod orders;
mod overview;
mod papers;
mod questions;
mod record;
mod registry;
mod report;
mod round;
mod sums;
mod takings;
mod walk;
pub(crate) mod watch;

pub use arrears::{CutOffLine, CutOffList};
pub(crate) use labels::{choose_labels, labelled};
pub use papers::PagePaper;
pub use report::{Failed, Whole, whole};
pub use takings::PaymentLine;

use crate::error::Result;
use crate::{Kind, Now, Store, meta};
use domain::access::Grant;
use domain::api::{Counts, Done, Enrolled, Reply, Request, StatusReply};
use domain::problem::{Code, Problem};

/// Answers a request.
///
/// `office` is the signed-in account's grant on a server; on a device it is ignored, the enrolled grant counts.
/// Requests that need a network or a session (`Enrol`, `Sync`, `Login` ...) belong to the door and are refused here.
pub fn serve(
    store: &mut Store,
    office: Option<&Grant>,
    now: Now,
    request: Request,
) -> std::result::Result<Reply, Problem> {
    Ok(answer(store, office, now, request)?)
}

/// Who asks: the grant of this device, or of the office account.
struct Caller<'a> {
    grant: &'a Grant,
    now: Now,
}

fn answer(store: &mut Store, office: Option<&Grant>, now: Now, request: Request) -> Result<Reply> {
    // These two are anybody's: they are asked before there is a grant, and after it has ended.
    match request {
        Request::Status(_) => return Ok(Reply::Status(status(store)?)),
        Request::UnsentCopy(_) => return Ok(Reply::UnsentCopy(copies::unsent(store)?)),
        _ => {}
    }
    let grant = match store.kind {
        Kind::Server => office.cloned().ok_or(Code::LoginNeeded)?,
        Kind::Device => own_grant(store)?.ok_or(Code::NotEnrolled)?,
    };
    // Whose right was ended reads nothing any more. What she has in hand is kept: it is the office's to take in.
    let keeps = matches!(request, Request::SaveVisit(_) | Request::KeepDraft(_) | Request::KeepPhoto(_));
    if store.kind == Kind::Device && !keeps && meta::get(&store.db, meta::REVOKED)?.is_some() {
        return Err(Code::TokenRevoked.into());
    }
    let caller = &Caller { grant: &grant, now };
    let view = watch::view_of(&request);
    let reply = answer_caller(store, caller, request)?;
    watch::note(store, caller, view, &reply)?;
    Ok(reply)
}

fn answer_caller(store: &mut Store, caller: &Caller<'_>, request: Request) -> Result<Reply> {
    Ok(match request {
        Request::Programmes(_) => Reply::Programmes(list::programmes(store, caller)),
        Request::Home(ask) => Reply::Home(list::home(store, caller, &ask)?),
        Request::Round(ask) => Reply::Round(list::round(store, caller, &ask)?),
        Request::Search(ask) => Reply::Search(found::search(store, caller, &ask)?),
        Request::Find(ask) => Reply::Find(found::find(store, caller, &ask)?),
        Request::Nearby(ask) => Reply::Nearby(found::nearby(store, caller, &ask)?),
        Request::Card(ask) => Reply::Card(card::card(store, caller, &ask)?),
        Request::History(ask) => Reply::History(card::history(store, caller, &ask)?),
        Request::OpenForm(ask) => Reply::OpenForm(record::open_form(store, caller, &ask)?),
        Request::KeepDraft(ask) => Reply::KeepDraft(draft::keep(store, caller, ask)?),
        Request::Drafts(_) => Reply::Drafts(draft::drafts(store)?),
        Request::SaveVisit(ask) => Reply::SaveVisit(record::save_visit(store, caller, ask, "")?),
        Request::CorrectVisit(ask) => Reply::CorrectVisit(record::correct_visit(store, caller, ask)?),
        Request::EnterVisit(ask) => Reply::EnterVisit(record::enter_visit(store, caller, ask)?),
        Request::EditSubject(ask) => Reply::EditSubject(record::edit_subject(store, caller, ask)?),
        Request::CreateSubject(ask) => Reply::CreateSubject(record::create_subject(store, caller, ask)?),
        Request::BindCode(ask) => Reply::BindCode(record::bind_code(store, caller, ask)?),
        Request::KeepPhoto(ask) => Reply::KeepPhoto(record::keep_photo(store, caller, &ask)?),
        Request::Photo(ask) => Reply::Photo(record::photo(store, caller, &ask)?),
        Request::Questions(ask) => Reply::Questions(questions::questions(store, caller, &ask)?),
        Request::Settle(ask) => Reply::Settle(questions::settle(store, caller, ask)?),
        Request::Orders(ask) => Reply::Orders(orders::orders(store, caller, &ask)?),
        Request::Order(ask) => Reply::Order(orders::order(store, caller, &ask)?),
        Request::OpenOrder(ask) => Reply::OpenOrder(orders::open_order(store, caller, ask)?),
        Request::MoveOrder(ask) => Reply::MoveOrder(orders::move_order(store, caller, &ask)?),
        Request::NoteOrder(ask) => Reply::NoteOrder(orders::note_order(store, caller, ask)?),
        Request::AssignOrder(ask) => Reply::AssignOrder(orders::assign_order(store, caller, ask)?),
        Request::HideReport(ask) => Reply::HideReport(orders::hide_report(store, caller, &ask)?),
        Request::OrderPeople(ask) => Reply::OrderPeople(orders::people(store, caller, &ask)?),
        Request::CitizenReports(ask) => Reply::CitizenReports(orders::citizen_reports(store, caller, &ask)?),
        Request::EmergencyState(ask) => Reply::EmergencyState(emergency::state(store, caller, &ask)?),
        Request::OpenEmergency(ask) => Reply::OpenEmergency(emergency::open(store, caller, &ask)?),
        Request::Rescue(ask) => Reply::Rescue(emergency::rescue(store, caller, &ask)?),
        Request::EmergencyPlaces(ask) => Reply::EmergencyPlaces(emergency::places(store, caller, &ask)?),
        Request::MarkRescue(ask) => Reply::MarkRescue(emergency::mark(store, caller, ask)?),
        Request::Refused(_) => Reply::Refused(office::refused(store, caller)?),
        Request::Today(ask) => Reply::Today(office::today(store, caller, &ask)?),
        Request::Devices(_) => Reply::Devices(office::devices(store, caller)?),
        Request::NewEnrolment(ask) => Reply::NewEnrolment(office::new_enrolment(store, caller, &ask)?),
        Request::Revoke(ask) => Reply::Revoke(office::revoke(store, caller, &ask)?),
        Request::SetShelves(ask) => Reply::SetShelves(office::set_shelves(store, caller, &ask)?),
        Request::HandOver(ask) => Reply::HandOver(office::hand_over(store, caller, &ask)?),
        Request::Accounts(_) => Reply::Accounts(office::accounts(store, caller)?),
        Request::RemoveAccount(ask) => Reply::RemoveAccount(office::remove_account(store, caller, &ask)?),
        Request::Ledger(ask) => Reply::Ledger(money::account(store, caller, &ask)?),
        Request::ShowBill(ask) => Reply::ShowBill(money::show_bill(store, caller, &ask)?),
        Request::PrintPaper(ask) => Reply::PrintPaper(money::print_paper(store, caller, &ask)?),
        Request::CountPaper(ask) => Reply::CountPaper(money::count_paper(store, caller, &ask)?),
        Request::ReceiveCash(ask) => Reply::ReceiveCash(money::receive_cash(store, caller, ask)?),
        Request::ClaimSlip(ask) => Reply::ClaimSlip(money::claim_slip(store, caller, ask)?),
        Request::CancelEntry(ask) => Reply::CancelEntry(money::cancel(store, caller, &ask)?),
        Request::AdjustAccount(ask) => Reply::AdjustAccount(money::adjust(store, caller, &ask)?),
        Request::JudgeSlip(ask) => Reply::JudgeSlip(money::judge_slip(store, caller, &ask)?),
        Request::MoveCash(ask) => Reply::MoveCash(money::move_cash(store, caller, &ask)?),
        Request::Takings(ask) => Reply::Takings(takings::takings(store, caller, &ask)?),
        Request::Dashboard(ask) => Reply::Dashboard(round::dashboard(store, caller, &ask)?),
        Request::Anomalies(ask) => Reply::Anomalies(round::anomalies(store, caller, &ask)?),
        Request::ApproveMarked(ask) => Reply::ApproveMarked(round::approve_marked(store, caller, &ask)?),
        Request::SetCycle(ask) => Reply::SetCycle(round::set_cycle(store, caller, &ask)?),
        Request::PlanCycle(ask) => Reply::PlanCycle(round::plan_cycle(store, caller, &ask)?),
        Request::Loss(ask) => Reply::Loss(round::loss(store, caller, &ask)?),
        Request::MoveInRound(ask) => Reply::MoveInRound(walk::move_in_round(store, caller, &ask)?),
        Request::NextInRound(ask) => Reply::NextInRound(walk::next_in_round(store, caller, &ask)?),
        Request::MonthReport(ask) => Reply::MonthReport(report::month(store, caller, &ask)?),
        Request::Zones(ask) => Reply::Zones(list::zones(store, caller, &ask.programme)?),
        Request::PhotosWifiOnly(ask) => {
            let rule = u8::from(ask.on);
            store.transact(|tx| meta::set(tx.db, meta::PHOTOS_WIFI_ONLY, rule))?;
            Reply::PhotosWifiOnly(Done {})
        }
        Request::Registry(ask) => Reply::Registry(registry::rows(store, caller, &ask)?),
        Request::Overview(ask) => Reply::Overview(overview::overview(store, caller, &ask)?),
        Request::Notifications(_) => Reply::Notifications(notify::all(store, caller)?),
        Request::PutChannel(ask) => Reply::PutChannel(notify::put_channel(store, caller, &ask)?),
        Request::RemoveChannel(ask) => Reply::RemoveChannel(notify::remove_channel(store, caller, &ask)?),
        Request::PutMail(ask) => Reply::PutMail(notify::put_mail(store, caller, &ask)?),
        Request::RetryNotices(_) => Reply::RetryNotices(notify::retry(store, caller)?),
        Request::NewKey(ask) => Reply::NewKey(notify::new_key(store, caller, &ask)?),
        Request::EndKey(ask) => Reply::EndKey(notify::end_key(store, caller, &ask)?),
        // By `answer`, before it asks for a grant.
        Request::Status(_) | Request::UnsentCopy(_) => return Err(Code::Internal.into()),
        Request::Enrol(_)
        | Request::Network(_)
        | Request::Labels(_)
        | Request::Sync(_)
        | Request::CheckForm(_)
        | Request::PublishForm(_)
        | Request::FormSheet(_)
        | Request::FormVersions(_)
        | Request::TestChannel(_)
        | Request::Session(_)
        | Request::Login(_)
        | Request::Logout(_)
        | Request::SetUp(_)
        | Request::PutAccount(_) => {
            return Err(Problem::new(Code::Forbidden).about("answered by the door").into());
        }
    })
}

fn own_grant(store: &Store) -> Result<Option<Grant>> {
    Ok(match meta::get(&store.db, meta::GRANT)? {
        Some(text) => Some(serde_json::from_str(&text)?),
        None => None,
    })
}

/// The device's state and its three numbers.
pub(crate) fn status(store: &Store) -> Result<StatusReply> {
    let grant = own_grant(store)?;
    let questions = questions::open(store, grant.as_ref())?;
    let enrolled = match (grant, meta::get(&store.db, meta::SERVER)?) {
        (Some(grant), Some(server)) => Some(Enrolled {
            device: store.device(),
            municipality: meta::get(&store.db, meta::MUNICIPALITY)?.unwrap_or_default(),
            server,
            grant,
            revoked: meta::get(&store.db, meta::REVOKED)?.is_some(),
        }),
        _ => None,
    };
    let number =
        |sql: &str| -> Result<u64> { Ok(store.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    Ok(StatusReply {
        enrolled,
        counts: counts(store)?,
        last_sync_ms: meta::get_parsed(&store.db, meta::LAST_SYNC)?,
        questions,
        refused: number(
            "SELECT (SELECT count(*) FROM outbox WHERE refused <> '') + (SELECT count(*) FROM photo WHERE state = 3)",
        )?,
        drafts: match store.kind {
            Kind::Device => number("SELECT count(*) FROM draft")?,
            Kind::Server => 0, // see `draft::load`
        },
        set_aside: store.set_aside.clone(),
        photos_wifi_only: meta::get_parsed::<u8>(&store.db, meta::PHOTOS_WIFI_ONLY)? == Some(1),
        healed: meta::get_parsed(&store.db, meta::HEALED)?.unwrap_or(0),
    })
}

/// The three numbers. "Received" counts commits the server has answered for: accepted, or kept for the office.
pub(crate) fn counts(store: &Store) -> Result<Counts> {
    let number =
        |sql: &str| -> Result<u64> { Ok(store.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    // Numbers have no gap from where the black box is whole: how many these are is known from the ends. Of those before only
    // what was refused is kept.
    let whole_from: u64 = meta::get_parsed(&store.db, meta::KEPT_FROM)?.unwrap_or(1);
    let saved: u64 = store
        .db
        .prepare_cached(
            "SELECT (SELECT count(*) FROM outbox WHERE n < ?1) + coalesce((SELECT max(n) FROM outbox WHERE n >= ?1) \
             - (SELECT min(n) FROM outbox WHERE n >= ?1) + 1, 0)",
        )?
        .query_row([whole_from], |row| row.get(0))?;
    Ok(Counts {
        saved,
        received: saved
            - number("SELECT count(*) FROM outbox WHERE n > (SELECT coalesce(max(upto), 0) FROM receipt)")?,
        photos_waiting: number("SELECT count(*) FROM photo WHERE state = 1")?,
    })
}
