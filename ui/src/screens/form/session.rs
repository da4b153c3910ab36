//! The record being filled: a handle that screens copy, the pages as they are now, and the draft that is kept on the
//! way, so that neither Back nor a crash costs an answer.

use crate::app::App;
use crate::backend::ask;
use crate::browser::wait;
use crate::position;
use crate::route::FormRoute;
use crate::screens::form::begun::Begun;
use crate::screens::form::focus::focus_soon;
use crate::screens::form::occasion::Occasion;
use crate::screens::form::overview::{self, Summary};
use crate::screens::form::sheets::{self, Sheet};
use crate::screens::form::world::{OWN, Tables};
use domain::api::{self, DraftKey, KeepDraft, OpenedForm, RegistryChange, Seen};
use domain::problem::{Code, Problem};
use forms::{Filling, Heading, Item, Kind};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long typing rests before the draft is kept, milliseconds.
const DRAFT_REST_MS: i32 = 600;
/// Where a draft notes the place that was on the screen.
const LEFT_AT: &str = "left_at";
/// Where a draft notes the zone of the subject it makes.
const ZONE: &str = "zone";
/// Most rounds of looking up that one change may cause.
const MOST_LOOKUPS: u32 = 8;

/// An odd answer, to be looked at once more.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// The question.
    pub label: String,
    /// What was answered.
    pub answer: String,
    /// What is odd about it.
    pub message: String,
}

/// A form being filled. A handle: copying it copies nothing.
#[derive(Clone, Copy)]
pub struct Session {
    app: App,
    filling: StoredValue<Filling, LocalStorage>,
    key: StoredValue<DraftKey>,
    heading: StoredValue<String>,
    /// What it is filled for.
    pub occasion: Occasion,
    /// One question fills the screen.
    pub one_by_one: bool,
    /// What each screen shows, as it is now.
    pub sheets: RwSignal<Vec<Sheet>>,
    /// Place of the screen that shows.
    pub page: RwSignal<usize>,
    /// All pages with their answers show instead of one: of a correction, which begins there.
    pub overview: RwSignal<bool>,
    /// What stands above it.
    pub head: RwSignal<Heading>,
    /// What is on it.
    pub items: RwSignal<Vec<Item>>,
    /// Paths that were answered and left: their errors show.
    touched: RwSignal<BTreeSet<String>>,
    /// What was said about missing answers when somebody wanted to go on.
    missing: RwSignal<BTreeMap<String, String>>,
    /// Grows with every change; the draft of an older number is not kept.
    change: StoredValue<u32>,
    /// The number of the change that the kept draft holds.
    kept: StoredValue<u32>,
    /// What the form was opened with, until a draft is kept with it.
    begun: StoredValue<Option<Box<api::Begun>>>,
    /// Something was answered here; turning pages is no answer.
    answered: StoredValue<bool>,
    /// Zone of the subject that the form makes.
    pub zone: RwSignal<String>,
    /// The form was told of a part of the registry only.
    pub cut: RwSignal<bool>,
    /// A draft is there already: it follows the person from screen to screen.
    pub resumed: StoredValue<bool>,
    /// Saved: there is nothing left to keep.
    done: StoredValue<bool>,
    /// What the form was told of the registry.
    tables: StoredValue<Tables, LocalStorage>,
}

impl Session {
    /// Opens a form, where it was left if a draft is kept. Call it under the owner of the screen.
    ///
    /// # Errors
    /// `form_missing` when the definition cannot be read.
    pub fn open(
        app: App,
        at: FormRoute,
        opened: &OpenedForm,
        occasion: Occasion,
    ) -> Result<Session, Problem> {
        let form = forms::Form::from_json(&opened.definition)
            .map_err(|error| Problem::new(Code::FormMissing).about(error))?;
        let form = Arc::new(form);
        let of_device = || {
            app.status.with_untracked(|status| {
                let enrolled = status.as_ref().and_then(|status| status.enrolled.as_ref());
                enrolled.map(|own| (own.grant.person.clone(), own.device.0.to_string()))
            })
        };
        let (person, device) = match occasion {
            Occasion::Desk(desk) => (desk.person.get_value(), String::new()),
            Occasion::Visit | Occasion::Trial => of_device().unwrap_or_default(),
        };
        // What another system calls its only list is our registry, unless another programme is called so.
        let alias = form.own_list().filter(|list| app.programme(list).is_none());
        let tables = Tables::of(&at.programme, alias);
        let begun = Begun { form, opened: opened.clone(), person, device, tables: tables.clone() };
        let (filling, resumed) = begun.filling(app, true);
        let corrects = at.corrects.is_some();
        let key = DraftKey {
            programme: at.programme,
            form: at.form,
            subject: at.subject,
            corrects: at.corrects,
            code: if at.subject.is_none() { at.code } else { String::new() },
        };
        let opened_with = opened.draft.is_none().then(|| {
            Box::new(api::Begun { definition: opened.definition.clone(), seen: opened.seen.clone() })
        });
        let of_draft = |name: &str| opened.draft.as_ref().and_then(|draft| draft.get(name)?.as_str());
        let session = Session {
            app,
            filling: StoredValue::new_local(filling),
            key: StoredValue::new(key),
            heading: StoredValue::new(opened.heading.clone()),
            occasion,
            // How a worker's phone is set is not how a desk's form is.
            one_by_one: !matches!(occasion, Occasion::Desk(_)) && app.one_by_one.get_untracked(),
            sheets: RwSignal::default(),
            page: RwSignal::new(0),
            overview: RwSignal::new(corrects),
            head: RwSignal::default(),
            items: RwSignal::default(),
            touched: RwSignal::default(),
            missing: RwSignal::default(),
            change: StoredValue::new(0),
            kept: StoredValue::new(0),
            begun: StoredValue::new(opened_with),
            answered: StoredValue::new(false),
            zone: RwSignal::new(of_draft(ZONE).unwrap_or_default().to_owned()),
            cut: RwSignal::new(false),
            resumed: StoredValue::new(resumed),
            done: StoredValue::new(false),
            tables: StoredValue::new_local(tables),
        };
        session.draw();
        session.look_up(Some(begun));
        if let Some(place) = of_draft(LEFT_AT).filter(|_| resumed).and_then(|path| session.screen_of(path)) {
            session.page.set(place);
            session.draw();
        }
        session.keep_when_left();
        Ok(session)
    }

    /// Says whether it is only tried out.
    pub fn is_trial(self) -> bool {
        matches!(self.occasion, Occasion::Trial)
    }

    fn keeps_drafts(self) -> bool {
        matches!(self.occasion, Occasion::Visit)
    }

    /// Says whether something was answered that is not saved.
    pub fn is_unsaved(self) -> bool {
        self.answered.try_get_value() == Some(true) && self.done.try_get_value() == Some(false)
    }

    /// How often something was answered or turned to so far.
    pub fn changes(self) -> u32 {
        self.change.get_value()
    }

    /// The version of the form and what it was opened with, for a desk that keeps no draft to remember them.
    pub fn opened_with(self) -> (String, Seen) {
        let seen = self.begun.with_value(|begun| begun.as_ref().map(|begun| begun.seen.clone()));
        (self.form().definition().version.clone(), seen.unwrap_or_default())
    }

    /// Heading of the subject.
    pub fn heading(self) -> String {
        self.heading.get_value()
    }

    /// One item of the screen that shows, as it is now; `None` once it is not there any more.
    pub fn item(self, path: &str) -> Option<Item> {
        self.items.with(|items| items.iter().find(|item| item.path == path).cloned())
    }

    /// The form, for whoever puts its answers into words.
    pub fn form(self) -> Arc<forms::Form> {
        self.filling.with_value(|filling| filling.form().clone())
    }

    /// Address of a picture that a label or an option names; `None` where the form does not hold it.
    pub fn picture(self, name: &str) -> Option<String> {
        // Only what the office drew: a name that is an address of somewhere else is no picture of ours.
        let held = |filling: &Filling| filling.form().definition().pictures.get(name.trim()).cloned();
        self.filling.with_value(held).filter(|address| address.starts_with("data:image/jpeg;base64,"))
    }

    /// Works out the screens anew, and puts the one that shows into words. The others wait until they are turned to:
    /// a form may have two thousand questions.
    fn draw(self) {
        let (sheets, page, head, items) = self.filling.with_value(|filling| {
            let sheets = sheets::sheets(&filling.outline(), self.one_by_one);
            let page = self.page.get_untracked().min(sheets.len().saturating_sub(1));
            let sheet = sheets.get(page).cloned().unwrap_or_default();
            let items: Vec<Item> = sheet.paths.iter().filter_map(|path| filling.item(path)).collect();
            (sheets, page, filling.heading(&sheet.holder), items)
        });
        if self.sheets.with_untracked(|held| *held != sheets) {
            self.sheets.set(sheets);
        }
        if self.head.with_untracked(|held| *held != head) {
            self.head.set(head);
        }
        self.items.set(items);
        if self.page.get_untracked() != page {
            self.page.set(page);
        }
    }

    /// Every screen on which something is asked, with what was answered; watches the answers.
    pub fn summaries(self) -> Vec<Summary> {
        self.items.track();
        let app = self.app;
        self.sheets.with(|sheets| {
            self.filling.with_value(|filling| {
                let summary = |(page, sheet): (usize, &Sheet)| {
                    let items: Vec<Item> = sheet.paths.iter().filter_map(|path| filling.item(path)).collect();
                    items.iter().any(overview::is_asked).then(|| Summary {
                        page,
                        title: filling.heading(&sheet.holder).title,
                        answers: items.iter().filter_map(|item| overview::answered(app, item)).collect(),
                    })
                };
                sheets.iter().enumerate().filter_map(summary).collect()
            })
        })
    }

    /// Says whether all pages are shown on one screen: what is corrected, where there is more than one; watches it.
    pub fn has_overview(self) -> bool {
        self.key.with_value(|key| key.corrects.is_some()) && self.sheets.with(|sheets| sheets.len() > 1)
    }

    /// The screen that shows a place.
    fn screen_of(self, path: &str) -> Option<usize> {
        self.sheets.with_untracked(|sheets| sheets::find(sheets, path))
    }

    /// Turns to a screen.
    pub fn turn_to(self, page: usize) {
        self.page.set(page);
        self.draw();
        // Options are asked for only when they are drawn.
        self.look_up(None);
        if self.change.get_value() > 0 || self.resumed.get_value() {
            self.note_change();
        }
    }

    /// Turns to the screen that shows a place, if there is one.
    pub fn turn_to_place(self, path: &str) {
        if let Some(page) = self.screen_of(path) {
            self.turn_to(page);
        }
    }

    /// Answers a question; empty clears it.
    pub fn set(self, path: &str, value: &str) {
        let is_code = self
            .items
            .with_untracked(|items| items.iter().any(|item| item.path == path && item.kind == Kind::Barcode));
        // Of our own label the bare code is the answer: it is what the registry knows, and what proves that somebody
        // stands in front of it is not for records.
        let bare = is_code.then(|| domain::code::bare(value));
        let value = bare.as_deref().unwrap_or(value);
        self.change(|filling| {
            // The item was drawn from this very record, so the place exists; a question that became read-only
            // since keeps its value, and is drawn so.
            let _ = filling.set(path, value);
        });
        if self.missing.with_untracked(|missing| missing.contains_key(path)) {
            self.missing.update(|missing| {
                missing.remove(path);
            });
        }
    }

    /// Answers a question and shows what is wrong with the answer at once.
    pub fn choose(self, path: &str, value: &str) {
        self.set(path, value);
        self.touch(path);
    }

    /// Adds an instance of a repeat and goes to its first screen.
    pub fn add_repeat(self, path: &str) {
        let mut added = None;
        self.change(|filling| added = filling.add_repeat(path).ok());
        if let Some(added) = added {
            self.turn_to_place(&added);
        }
    }

    /// Takes an instance of a repeat away.
    pub fn remove_repeat(self, path: &str) {
        self.change(|filling| {
            let _ = filling.remove_repeat(path);
        });
    }

    fn change(self, how: impl FnOnce(&mut Filling)) {
        self.answered.set_value(true);
        self.filling.update_value(how);
        self.draw();
        self.note_change();
        self.look_up(None);
    }

    /// Gets the rows of the registry that the form asked for, and works out what waited for them; until nothing more is
    /// asked. While nobody has answered anything it begins anew (`begun`): what is set once, at the beginning, may be among
    /// the rows.
    fn look_up(self, begun: Option<Begun>) {
        if self.tables.with_value(Tables::lacks_rows) {
            spawn_local(async move {
                self.fetch(begun).await;
            });
        }
    }

    /// Returns false when the form was left meanwhile.
    async fn fetch(self, begun: Option<Begun>) -> bool {
        let Some(tables) = self.tables.try_get_value() else { return false };
        // What is found may ask for more, but not for ever.
        for _ in 0..MOST_LOOKUPS {
            if !tables.lacks_rows() {
                break;
            }
            tables.fetch().await;
            let untouched = self.answered.try_get_value() == Some(false);
            let alive = self.filling.try_update_value(|filling| match &begun {
                Some(begun) if untouched => *filling = begun.filling(self.app, false).0,
                _ => filling.tables_changed(),
            });
            if alive.is_none() {
                return false;
            }
            if tables.is_cut() && !self.cut.get_untracked() {
                self.cut.set(true);
            }
            self.draw();
        }
        true
    }

    /// Does something once every row that the form asks for is here: at once where it waits for none. What has not been
    /// looked up yet cannot be checked, nor saved.
    pub fn when_known(self, then: impl FnOnce() + 'static) {
        self.filling.update_value(|filling| {
            if filling.lacks_rows() {
                filling.tables_changed();
            }
            // Checking asks, too.
            let _ = filling.problems();
        });
        if !self.tables.with_value(Tables::lacks_rows) {
            then();
            return;
        }
        spawn_local(async move {
            if self.fetch(None).await {
                then();
            }
        });
    }

    /// Keeps the draft once the person rests.
    pub fn note_change(self) {
        self.change.update_value(|n| *n += 1);
        let mine = self.change.get_value();
        spawn_local(async move {
            wait(DRAFT_REST_MS).await;
            if self.change.try_get_value() == Some(mine) {
                self.keep_draft();
            }
        });
    }

    /// The person left this question: its errors show from now on. A line that has the keyboard while its screen
    /// is taken away is left too, after everything of the screen is gone.
    pub fn touch(self, path: &str) {
        if self.touched.try_with_untracked(|touched| touched.contains(path)) == Some(false) {
            self.touched.update(|touched| {
                touched.insert(path.to_owned());
            });
        }
    }

    /// What is wrong with the answer of an item, once the person has left it or wanted to go on.
    pub fn error(self, item: &Item) -> Option<String> {
        if let Some(missing) = self.missing.with(|missing| missing.get(&item.path).cloned()) {
            return Some(missing);
        }
        item.error.clone().filter(|_| self.touched.with(|touched| touched.contains(&item.path)))
    }

    /// What is odd about the answer of an item.
    pub fn warning(self, item: &Item) -> Option<String> {
        item.warning.clone().filter(|_| self.touched.with(|touched| touched.contains(&item.path)))
    }

    /// Says whether something stands in the way of going on; watches it.
    pub fn is_held_up(self) -> bool {
        self.missing.with(|missing| !missing.is_empty())
    }

    /// Says whether the page that shows may be left forward; what stands in the way shows from now on.
    pub fn page_is_fine(self) -> bool {
        let here = self.sheets.with_untracked(|sheets| sheets.get(self.page.get_untracked()).cloned());
        let here = here.unwrap_or_default();
        let problems = self.filling.with_value(Filling::problems);
        let mine: BTreeMap<String, String> = problems
            .into_iter()
            .filter(|problem| here.paths.contains(&problem.path))
            .map(|problem| (problem.path, problem.message))
            .collect();
        let fine = mine.is_empty();
        self.missing.set(mine);
        fine
    }

    /// Says whether the whole form may be saved; if not, shows the first page that stands in the way.
    pub fn form_is_fine(self) -> bool {
        let problems = self.filling.with_value(Filling::problems);
        let Some(first) = problems.first() else { return true };
        self.overview.set(false);
        self.turn_to_place(&first.path);
        self.missing.set(problems.into_iter().map(|problem| (problem.path, problem.message)).collect());
        self.focus_first_wrong();
        false
    }

    /// What is odd about the answers.
    pub fn doubts(self) -> Vec<Doubt> {
        self.filling.with_value(|filling| {
            let shown = |path: &str| {
                let Some(item) = filling.item(path) else { return String::new() };
                let chosen: Vec<String> = item
                    .options
                    .into_iter()
                    .filter(|option| option.selected)
                    .map(|option| option.label)
                    .collect();
                if chosen.is_empty() { item.value } else { chosen.join(", ") }
            };
            let doubt = |warning: forms::Problem| Doubt {
                answer: shown(&warning.path),
                label: warning.label,
                message: warning.message,
            };
            filling.warnings().into_iter().map(doubt).collect()
        })
    }

    /// The answers, and the hashes of the photos among them.
    pub fn answers(self) -> (BTreeMap<String, serde_json::Value>, Vec<String>) {
        let mut answers = BTreeMap::new();
        let mut photos = Vec::new();
        let here = position::stamped(self.app).filter(|_| !self.is_trial());
        self.filling.update_value(|filling| {
            let form = filling.form().clone();
            for path in form.start_places() {
                if let Some(place) =
                    here.filter(|_| filling.value(path).is_some_and(|value| value.is_empty()))
                {
                    let _ = filling.set(path, &format!("{} {} 0 {}", place.lat, place.lon, place.accuracy_m));
                }
            }
            answers = filling.finish();
            let outline = filling.outline();
            let places = outline.iter().flat_map(|page| &page.places);
            photos = places
                .filter(|place| place.kind == Kind::Image)
                .filter_map(|place| filling.value(&place.path).filter(|hash| !hash.is_empty()))
                .collect();
        });
        (answers, photos)
    }

    /// What the form writes to the registry beside its own subject: other subjects that it names, and those of its repeats.
    /// What belongs to the record as a whole and names nobody is the own subject's, and the store writes it. Also says
    /// whether something was left out: what names a subject by anything but its id must not make a new one.
    pub fn registry(self) -> (Vec<RegistryChange>, bool) {
        let tables = self.tables.get_value();
        let mut left_out = false;
        let mut changes = Vec::new();
        for change in self.filling.with_value(Filling::entities) {
            if !change.repeated && change.id.is_none() {
                continue;
            }
            let subject = change.id.map(|id| id.parse()).transpose();
            let Ok(subject) = subject else {
                left_out = true;
                continue;
            };
            let list = if tables.is_own(&change.list) { OWN.to_owned() } else { change.list };
            changes.push(RegistryChange {
                list,
                subject,
                label: change.label,
                properties: change.properties,
            });
        }
        (changes, left_out)
    }

    /// It is saved: the draft is dropped, and no later one is kept.
    pub fn saved(self) {
        let Some(key) = self.key.try_get_value() else { return };
        self.done.set_value(true);
        if !self.keeps_drafts() {
            return;
        }
        spawn_local(async move {
            // Not being able to drop it costs nothing: it would be offered once more.
            let _ = ask(KeepDraft { key, draft: None, begun: None }).await;
            self.app.refresh_status();
        });
    }

    /// Keeps the first draft before a record is saved that had none: the store learns by it what the form was opened with.
    pub async fn keep_what_was_opened(self) {
        if self.begun.try_with_value(Option::is_some) == Some(true) && self.keeps_drafts() {
            let draft = Some(self.draft());
            let (key, begun) = (self.key.get_value(), self.begun.get_value());
            // Without it the record is saved all the same.
            let _ = ask(KeepDraft { key, draft, begun }).await;
        }
    }

    /// Keeps the draft now, if something changed since.
    pub fn keep_draft(self) {
        let change = self.change.get_value();
        if !self.keeps_drafts() || self.done.get_value() || self.kept.get_value() == change {
            return;
        }
        self.kept.set_value(change);
        let (app, key, begun) = (self.app, self.key.get_value(), self.begun.get_value());
        let draft = self.draft();
        let kept = self.kept;
        spawn_local(async move {
            match ask(KeepDraft { key, draft: Some(draft), begun }).await {
                Ok(_) => {
                    self.begun.try_set_value(None);
                }
                Err(problem) => {
                    app.say_problem(&problem);
                    kept.try_set_value(0);
                }
            }
        });
    }

    /// The draft as it is kept: the answers, and where the person is.
    fn draft(self) -> serde_json::Value {
        let mut draft = self.filling.with_value(Filling::draft);
        let here = self.sheets.with_untracked(|sheets| {
            sheets.get(self.page.get_untracked()).and_then(|sheet| sheet.paths.last().cloned())
        });
        if let Some(draft) = draft.as_object_mut() {
            draft.extend(here.map(|here| (LEFT_AT.to_owned(), here.into())));
            draft.insert(ZONE.to_owned(), self.zone.get_untracked().into());
        }
        draft
    }

    /// Keeps the draft whenever the page is hidden or left: Back, a call, the camera app.
    fn keep_when_left(self) {
        if !self.keeps_drafts() {
            return;
        }
        let hidden = window_event_listener(ev::visibilitychange, move |_| self.keep_draft());
        let left = window_event_listener(ev::pagehide, move |_| self.keep_draft());
        on_cleanup(move || {
            hidden.remove();
            left.remove();
            self.keep_draft();
            if self.change.get_value() > 0 && !self.done.get_value() {
                self.app.say(self.app.t().draft_is_kept);
                self.app.refresh_status();
            }
        });
    }

    /// Puts the keyboard where the person goes on: into an empty line for a number, or at the top of the page, so
    /// that a screen reader reads on from there.
    pub fn focus_page(self) {
        let first = self.items.with_untracked(|items| {
            let asked = |item: &&Item| !item.readonly && !matches!(item.kind, Kind::Note | Kind::Group);
            items
                .iter()
                .find(asked)
                .map(|item| matches!(item.kind, Kind::Integer | Kind::Decimal) && item.value.is_empty())
        });
        focus_soon(if first == Some(true) { ".questions input.number" } else { "#form-page" });
    }

    /// Says whether a question is the only one to answer on its screen.
    pub fn is_alone(self, path: &str) -> bool {
        self.items.with_untracked(|items| {
            let asked = |item: &&Item| !item.readonly && !matches!(item.kind, Kind::Note | Kind::Group);
            let mut asked = items.iter().filter(asked);
            asked.next().is_some_and(|first| first.path == path) && asked.next().is_none()
        })
    }

    /// Puts the keyboard at the first question that stands in the way.
    pub fn focus_first_wrong(self) {
        focus_soon(".question-box.wrong");
    }
}
