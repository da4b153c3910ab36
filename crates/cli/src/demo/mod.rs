//! `sanam demo`: ตำบลตัวอย่าง, a whole simulated sub-district with its server, ready to try.
//!
//! Everything follows from a seed and the day it is made on, so that two people see the same houses. Nobody in it
//! exists, no place in it is land, and every row says `origin = demo`, but for what was done with such a row by a request
//! (`work`). It is built beside its final place and moved there when it is whole; a second start finds it and only serves.

mod care;
mod lights;
mod names;
mod others;
mod random;
mod town;
mod water;
mod work;

use crate::folder;
use crate::machine;
use crate::registry::zone_change;
use crate::server::{self, Serving};
use chrono::{Datelike, Days, Months, NaiveDate};
use clap::{Args, ValueEnum};
use domain::access::{Grant, Role};
use domain::api::{Ask, Card, NewEnrolment, Round};
use domain::change::Change;
use domain::code;
use domain::ids::{RecordId, Shelf};
use domain::problem::Problem;
use domain::thai_date::{THAI_OFFSET_MINUTES, day_of};
use random::Random;
use scan::label::{qr_png, qr_terminal};
use scan::sheet::{self, Label, Sheet, Stock};
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{Kind, Now, Store};
use sync_server::clock;

/// Name of the office account.
const ACCOUNT: &str = "demo";
/// Who that is.
const ADMINISTRATOR: &str = "ผู้ดูแลระบบ (demo)";
/// How long the printed enrolment codes are good for: a day of trying things out.
const ENROLMENT_MS: u64 = 24 * 60 * 60 * 1_000;

/// A simulated sub-district with its server.
#[derive(Args)]
pub struct Arguments {
    /// The folder of the town's database, its QR pictures and the office's password.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    dir: PathBuf,
    #[command(flatten)]
    serving: Serving,
    /// How large a town to make, if there is none yet.
    #[arg(long, value_enum, default_value = "whole")]
    size: Size,
    /// What the town follows from.
    #[arg(long, default_value_t = 990_101)]
    seed: u64,
    /// Make the town, print what is needed to use it, and do not serve.
    #[arg(long)]
    no_serve: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// 18,000 meters, 1,200 poles, 600 people.
    Whole,
    /// 80 meters, 24 poles, 36 people: for tests.
    Small,
}

/// How much of everything.
struct Numbers {
    routes: usize,
    meters_per_route: usize,
    feeders: usize,
    poles_per_feeder: usize,
    people: usize,
    cases: usize,
    pets_per_village: usize,
    items_per_department: usize,
}

impl Size {
    fn numbers(self) -> Numbers {
        match self {
            Size::Whole => Numbers {
                routes: 36,
                meters_per_route: 500,
                feeders: 40,
                poles_per_feeder: 30,
                people: 600,
                cases: 70,
                pets_per_village: 60,
                items_per_department: 80,
            },
            Size::Small => Numbers {
                routes: 2,
                meters_per_route: 40,
                feeders: 4,
                poles_per_feeder: 6,
                people: 36,
                cases: 24,
                pets_per_village: 3,
                items_per_department: 8,
            },
        }
    }
}

/// The days the town's past is laid out on.
pub struct Calendar {
    /// The day it is made on, local.
    pub today: NaiveDate,
    /// The moment it is made, milliseconds.
    pub now_ms: u64,
}

impl Calendar {
    fn new(now_ms: u64) -> Calendar {
        Calendar { today: day_of(now_ms, THAI_OFFSET_MINUTES), now_ms }
    }

    /// A day of a month before (or after) this one.
    pub fn day(&self, months: i32, day: u32) -> NaiveDate {
        let first = self.today.with_day(1).unwrap_or(self.today);
        let month = match u32::try_from(months) {
            Ok(after) => first.checked_add_months(Months::new(after)),
            Err(_) => first.checked_sub_months(Months::new(months.unsigned_abs())),
        };
        month
            .and_then(|month| month.checked_add_days(Days::new(day.saturating_sub(1).into())))
            .unwrap_or(first)
    }

    /// The moment so many minutes after a local day began.
    pub fn ms(&self, day: NaiveDate, minutes: u32) -> u64 {
        let local = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + i64::from(minutes) * 60;
        u64::try_from((local - i64::from(THAI_OFFSET_MINUTES) * 60) * 1_000).unwrap_or(0)
    }

    /// This year.
    pub fn year(&self) -> i64 {
        self.today.year().into()
    }
}

/// Makes the town if there is none, and serves it.
pub fn run(arguments: Arguments) -> Result<(), Problem> {
    let now_ms = clock::wall_ms();
    folder::make_private(&arguments.dir)?;
    if !folder::database(&arguments.dir).exists() {
        build(&arguments, now_ms)?;
    }
    let mut opened = folder::open_server(&arguments.dir, now_ms)?;
    server::define_programmes(&mut opened.store)?;
    let password = account(&mut opened.store, &arguments.dir, now_ms)?;
    let tell =
        |store: &mut Store, address: &str| tell(store, address, &arguments.dir, &password, arguments.seed);
    if arguments.no_serve {
        let address =
            arguments.serving.address.clone().unwrap_or(format!("http://{}", arguments.serving.listen));
        return tell(&mut opened.store, &address);
    }
    server::serve(opened, &arguments.serving, tell)
}

/// Builds the town in a folder of its own and moves it into place when it is whole.
fn build(arguments: &Arguments, now_ms: u64) -> Result<(), Problem> {
    let started = Instant::now();
    let unfinished = arguments.dir.join("unfinished");
    if unfinished.exists() {
        // Of a start that was cut off; it holds nothing but simulated rows that come out the same again.
        std::fs::remove_dir_all(&unfinished).map_err(|error| machine(unfinished.display(), error))?;
    }
    folder::make_private(&unfinished)?;
    folder::private_database(&unfinished)?;
    let path = folder::database(&unfinished);
    // Which server this is no seed may say: a device tells two servers apart by it. What lies in it then has ids of the seed.
    drop(Store::open(&path, Kind::Server, sync_server::entropy::system(), now_ms)?);
    let mut store = Store::open(&path, Kind::Server, ids(arguments.seed), now_ms)?;
    fill(&mut store, arguments.seed, &arguments.size.numbers(), &Calendar::new(now_ms))?;
    // Closing writes the journal back into the file.
    drop(store);
    let place = folder::database(&arguments.dir);
    std::fs::rename(&path, &place).map_err(|error| machine(place.display(), error))?;
    let _ = std::fs::remove_dir(&unfinished);
    eprintln!("สร้างตำบลตัวอย่างเสร็จใน {:.0} วินาที", started.elapsed().as_secs_f64());
    Ok(())
}

/// Where the ids come from of what is saved by requests.
fn ids(seed: u64) -> store::Entropy {
    Random::new(seed, "ids").entropy()
}

/// Says who is paid in the town: a biller id that no bank gave to anyone.
fn payees(store: &mut Store, now_ms: u64) -> Result<(), Problem> {
    let programmes = store.programmes();
    for programme in programmes.values() {
        let Some(billing) = &programme.billing else { continue };
        let mut billing = billing.clone();
        billing.payee.tax_id = "0999999999999".to_owned();
        billing.payee.biller_id = "099999999999990".to_owned();
        billing.payee.tel = "0-7600-0000".to_owned();
        billing.payee.address = "1 หมู่ 1 ตำบลตัวอย่าง".to_owned();
        let mut programme = domain::programme::Programme::clone(programme);
        programme.billing = Some(billing);
        store.define_programme(&programme, now_ms)?;
    }
    Ok(())
}

fn fill(store: &mut Store, seed: u64, numbers: &Numbers, calendar: &Calendar) -> Result<(), Problem> {
    eprintln!(
        "สร้างตำบลตัวอย่าง: มาตรน้ำ {} · เสาไฟ {} · ผู้สูงอายุ {} (ข้อมูลจำลองทั้งหมด)",
        numbers.routes * numbers.meters_per_route,
        numbers.feeders * numbers.poles_per_feeder,
        numbers.people
    );
    store.set_municipality(town::NAME)?;
    server::define_programmes(store)?;
    payees(store, calendar.now_ms)?;
    let mut codes = town::Codes::new(seed);
    let mut writer = Writer { store, calendar };
    let mut progress = Progress::new("สายจดมาตร", numbers.routes);
    for number in 0..numbers.routes {
        let route = water::route(seed, number, numbers.meters_per_route, calendar, &mut codes);
        writer.zone("water", &route.zone, &route.title)?;
        writer.write(route.subjects, calendar.day(-4, 1))?;
        if number == work::BILLED_ROUTE {
            writer.bills(work::Reader::new(seed, &route.zone), route.rounds)?;
        } else {
            for (day, readings) in route.rounds {
                writer.write(readings, day)?;
            }
        }
        writer.write(route.cycles, calendar.today)?;
        progress.step();
    }
    let mut progress = Progress::new("วงจรไฟ", numbers.feeders);
    for number in 0..numbers.feeders {
        let feeder = lights::feeder(seed, number, numbers.poles_per_feeder, calendar, &mut codes);
        writer.zone("lights", &feeder.zone, &feeder.title)?;
        let poles: Vec<RecordId> = feeder.subjects.iter().map(|pole| pole.id).collect();
        writer.write(feeder.subjects, calendar.day(-8, 10))?;
        writer.write(feeder.inspected.1, feeder.inspected.0)?;
        if number == work::REPAIRED_FEEDER {
            work::repairs(writer.store, &feeder.technician, &feeder.zone, &poles, calendar)?;
        }
        progress.step();
    }
    let mut progress = Progress::new("หมู่บ้าน", town::VILLAGES);
    for number in 0..town::VILLAGES {
        let village =
            care::village(seed, number, numbers.people / town::VILLAGES, numbers.cases, calendar, &mut codes);
        writer.zone("care", &village.zone, &village.title)?;
        writer.write(village.subjects, calendar.day(-10, 1))?;
        for (day, visits) in village.visits {
            writer.write(visits, day)?;
        }
        progress.step();
    }
    let villages = 0..town::VILLAGES;
    let pets =
        villages.map(|village| others::pets(seed, village, numbers.pets_per_village, calendar, &mut codes));
    let pets: Vec<_> = pets.collect();
    let departments = 0..others::DEPARTMENTS.len();
    let items = departments
        .map(|number| others::equipment(seed, number, numbers.items_per_department, calendar, &mut codes));
    for zone in pets.into_iter().chain(items.collect::<Vec<_>>()) {
        writer.zone(zone.programme, &zone.zone, &zone.title)?;
        writer.write(zone.records, calendar.today)?;
    }
    eprintln!(
        "ใบแจ้งและการรับเงินมีเฉพาะสาย {} · ใบงานซ่อมมีเฉพาะวงจร {}",
        work::BILLED_ROUTE + 1,
        work::REPAIRED_FEEDER + 1
    );
    Ok(())
}

/// Writes records as if they had been made on the evening of a day.
struct Writer<'a> {
    store: &'a mut Store,
    calendar: &'a Calendar,
}

impl Writer<'_> {
    fn zone(&mut self, programme: &str, zone: &str, title: &str) -> Result<(), Problem> {
        self.write(vec![zone_change(programme, zone, title, true)], self.calendar.day(-10, 1))
    }

    /// A route's months, read with bills. The money of a month comes to the bank; what was taken in this one the reader has
    /// still with her.
    fn bills(
        &mut self,
        mut reader: work::Reader,
        rounds: Vec<(NaiveDate, Vec<Change>)>,
    ) -> Result<(), Problem> {
        let mut left = rounds.len();
        for (day, readings) in rounds {
            left -= 1;
            let cash = reader.reads(self.store, readings)?;
            if left > 0 {
                work::deposits(self.store, &cash, self.calendar.ms(day, 17 * 60))?;
            }
        }
        Ok(())
    }

    fn write(&mut self, changes: Vec<Change>, day: NaiveDate) -> Result<(), Problem> {
        let evening = self.calendar.ms(day, 20 * 60);
        Ok(self.store.import_at(town::ORIGIN, changes, evening, self.calendar.now_ms)?)
    }
}

/// Says how far it is, every two seconds at most.
struct Progress {
    what: &'static str,
    done: usize,
    all: usize,
    told: Instant,
}

impl Progress {
    fn new(what: &'static str, all: usize) -> Progress {
        Progress { what, done: 0, all, told: Instant::now() }
    }

    fn step(&mut self) {
        self.done += 1;
        if self.told.elapsed().as_secs_f64() >= 2.0 || (self.done == self.all && self.all > 1) {
            eprintln!("  {} {} / {}", self.what, self.done, self.all);
            self.told = Instant::now();
        }
    }
}

/// Makes the office account at the first start, with a password of its own for this town; returns the password.
fn account(store: &mut Store, dir: &Path, now_ms: u64) -> Result<String, Problem> {
    let path = dir.join("office-password.txt");
    let kept = std::fs::read_to_string(&path).map(|text| text.trim().to_owned()).unwrap_or_default();
    if !kept.is_empty() && store.account(ACCOUNT)?.is_some() {
        return Ok(kept);
    }
    let password = sync_server::random_hex(6)?;
    folder::write_private(&path, format!("{password}\n").as_bytes())?;
    let shelves = store.programmes().keys().map(Shelf::common).collect();
    let grant = Grant { person: ADMINISTRATOR.to_owned(), role: Role::Administrator, shelves };
    store.put_account(ACCOUNT, ACCOUNT, &sync_server::hash_password(&password)?, &grant, now_ms)?;
    Ok(password)
}

/// One of the three devices to try.
struct Trial {
    file: &'static str,
    title: &'static str,
    person: String,
    shelves: Vec<Shelf>,
}

fn trials(store: &Store, seed: u64) -> Result<Vec<Trial>, Problem> {
    let person = |purpose: &str| names::person(&mut Random::new(seed, purpose)).name;
    let some =
        |programme: &str, zones: &[&str]| zones.iter().map(|zone| Shelf::new(programme, *zone)).collect();
    let all = vec![
        Trial {
            file: "enrol-reader.png",
            title: "ผู้จดมาตร (สาย 1) · meter reader",
            person: person("reader 0"),
            shelves: some("water", &["R01"]),
        },
        Trial {
            file: "enrol-caregiver.png",
            title: "ผู้ดูแลผู้สูงอายุ (หมู่ 1-2) · caregiver",
            person: person("caregiver 0"),
            shelves: some("care", &["M01", "M02", Shelf::EMERGENCY]),
        },
        Trial {
            file: "enrol-technician.png",
            title: "ช่างไฟ (วงจร 1-4) · technician",
            person: person("technician 0"),
            shelves: some("lights", &["F01", "F02", "F03", "F04"]),
        },
    ];
    let known = store.programmes();
    Ok(all
        .into_iter()
        .filter(|trial| trial.shelves.iter().all(|shelf| known.contains_key(&shelf.programme)))
        .collect())
}

/// Stickers of the first subjects of each device to try, so that there is something to scan.
fn stickers(store: &mut Store, address: &str, seed: u64, now_ms: u64) -> Result<Vec<Label>, Problem> {
    let now = Now::thai(now_ms);
    let today = now.day().to_string();
    let key = store.label_key()?;
    let mut all = Vec::new();
    for trial in trials(store, seed)? {
        let Some(shelf) = trial.shelves.first() else { continue };
        let caller =
            Grant { person: ACCOUNT.to_owned(), role: Role::Supervisor, shelves: trial.shelves.clone() };
        let round = Round {
            programme: shelf.programme.clone(),
            zone: Some(shelf.zone.clone()),
            standing: Vec::new(),
            failed: None,
            today: today.clone(),
            offset: 0,
            limit: 8,
        };
        let round = Round::unwrap(store::service::serve(store, Some(&caller), now, round.wrap())?)?;
        for row in round.rows {
            let card = Card { subject: row.id, today: today.clone() };
            let card = Card::unwrap(store::service::serve(store, Some(&caller), now, card.wrap())?)?;
            let ours = |code: &String| matches!(code::read(code), Ok(code::Scanned::Ours { .. }));
            if let Some(code) = card.codes.into_iter().find(ours) {
                let link = code::label_link(address, &key, &code);
                all.push(Label { link, code, title: String::new(), name: row.heading });
            }
        }
    }
    Ok(all)
}

/// Prints what a person needs: the address, the office login, and a fresh enrolment code for each device to try.
fn tell(store: &mut Store, address: &str, dir: &Path, password: &str, seed: u64) -> Result<(), Problem> {
    let now_ms = clock::wall_ms();
    println!("สำนักงาน (demo): {address}/office  ชื่อ {ACCOUNT}  รหัสผ่าน {password}");
    let stickers_file = dir.join("stickers.svg");
    // All fit on one page of this paper, as three devices have eight subjects each at most.
    let paper = Stock::named("63.5x33.9").ok_or_else(|| machine("labels", "no such paper"))?;
    let pages = sheet::svg(&stickers(store, address, seed, now_ms)?, &Sheet::new(paper));
    let page = pages.map_err(|error| machine("labels", error))?.concat();
    std::fs::write(&stickers_file, page).map_err(|error| machine(stickers_file.display(), error))?;
    println!("ป้าย QR ให้ลองสแกน · stickers to scan: {}", stickers_file.display());
    for trial in trials(store, seed)? {
        let request = NewEnrolment { person: trial.person, role: Role::Worker, shelves: trial.shelves };
        let (code, _) = store.new_enrolment(ACCOUNT, &request, now_ms, ENROLMENT_MS)?;
        let link = code::enrol_link(address, &code);
        let picture = dir.join(trial.file);
        let png = qr_png(&link, 8).map_err(|error| machine("QR", error))?;
        folder::write_private(&picture, &png)?;
        println!("\n{}\n{link}  ({})", trial.title, picture.display());
        print!("{}", qr_terminal(&link).map_err(|error| machine("QR", error))?);
    }
    if address.starts_with("http://") {
        println!("\nเบราว์เซอร์ให้ใช้กล้องและเก็บข้อมูลถาวรเฉพาะ https หรือ localhost เท่านั้น");
        let port = address.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok()).unwrap_or("80");
        println!(
            "ลองกับโทรศัพท์ Android ทางสาย USB: adb reverse tcp:{port} tcp:{port} แล้วเปิด http://localhost:{port}"
        );
        println!(
            "Browsers give the camera and lasting storage to https and localhost only; --address sets a public https address."
        );
    }
    println!("หยุดด้วย Ctrl-C");
    Ok(())
}

#[cfg(test)]
mod tests;
