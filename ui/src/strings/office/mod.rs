//! What the office screens say, apart from the phone's strings: a phone in the field never shows them.

pub mod desk;
mod en;
pub mod forms;
pub mod outside;
pub mod rounds;
mod th;
pub mod ticks;

pub use en::EN;
pub use th::TH;

use crate::app::App;
use crate::strings::Language;

/// The office's sentences in one language. `{}` stands for what [`crate::strings::fill`] puts in.
#[derive(Debug)]
pub struct OfficeStrings {
    // -- signing in
    /// Heading where nothing else is known yet.
    pub office_title: &'static str,
    /// While the session is asked for.
    pub opening: &'static str,
    /// A button after a failure.
    pub try_again: &'static str,
    /// In the place of the phone's sentence about a missing signal.
    pub server_silent: &'static str,
    /// Heading of the sign-in page.
    pub login_title: &'static str,
    /// Label.
    pub account_name: &'static str,
    /// Label.
    pub password: &'static str,
    /// A box to tick.
    pub show_password: &'static str,
    /// Button.
    pub sign_in: &'static str,
    /// The button while the answer is awaited.
    pub signing_in: &'static str,
    /// Nothing was typed.
    pub name_missing: &'static str,
    /// Nothing was typed.
    pub password_missing: &'static str,
    /// Below the form.
    pub forgot: &'static str,
    /// Heading when a session ended in the midst of work.
    pub again_title: &'static str,
    /// Says that nothing is lost.
    pub again_lead: &'static str,
    /// Button.
    pub other_person: &'static str,
    /// Heading of the first set-up.
    pub setup_title: &'static str,
    /// What it is for.
    pub setup_lead: &'static str,
    /// Label, where the link brought no code.
    pub setup_code: &'static str,
    /// Where it is found.
    pub setup_code_hint: &'static str,
    /// Label.
    pub municipality_name: &'static str,
    /// An example.
    pub municipality_hint: &'static str,
    /// Label.
    pub your_name: &'static str,
    /// What it is used for.
    pub your_name_hint: &'static str,
    /// Label.
    pub password_again: &'static str,
    /// A rule that is ticked while typing.
    pub rule_length: &'static str,
    /// A rule that is ticked while typing.
    pub rule_same: &'static str,
    /// Said when a rule is not met on pressing the button.
    pub wrong_short: &'static str,
    /// Said when a rule is not met on pressing the button.
    pub wrong_differ: &'static str,
    /// A hint on good passwords.
    pub rule_tip: &'static str,
    /// Said before a rule that is met, for screen readers.
    pub rule_met: &'static str,
    /// Said before a rule that is not met yet, for screen readers.
    pub rule_unmet: &'static str,
    /// Button.
    pub setup_finish: &'static str,
    /// Something was left out.
    pub setup_missing: &'static str,
    // -- the frame
    /// Name of the navigation, for screen readers.
    pub navigation: &'static str,
    /// A link for the keyboard.
    pub skip: &'static str,
    /// A page.
    pub today: &'static str,
    /// A page.
    pub registry: &'static str,
    /// A page.
    pub questions: &'static str,
    /// A page.
    pub devices: &'static str,
    /// A page.
    pub enrolment: &'static str,
    /// A page.
    pub refused: &'static str,
    /// A page.
    pub account: &'static str,
    /// Button.
    pub sign_out: &'static str,
    /// Said after a number in the menu, for screen readers.
    pub waits: &'static str,
    // -- today
    /// What the page shows.
    pub today_lead: &'static str,
    /// Button.
    pub previous_day: &'static str,
    /// Button.
    pub next_day: &'static str,
    /// Button.
    pub back_to_today: &'static str,
    /// A filter.
    pub all_programmes: &'static str,
    /// A number's label.
    pub done_n: &'static str,
    /// A number's label.
    pub not_done_n: &'static str,
    /// Heading.
    pub by_person: &'static str,
    /// Column.
    pub person: &'static str,
    /// Column.
    pub last_at: &'static str,
    /// An empty day.
    pub no_visits: &'static str,
    /// An empty day in the past.
    pub no_visits_day: &'static str,
    /// Said when something arrives.
    pub new_arrived: &'static str,
    /// A mark beside a visit that has just arrived.
    pub fresh: &'static str,
    /// How fresh the page is.
    pub updated: &'static str,
    /// The server does not answer; the list stays.
    pub not_updated: &'static str,
    /// There are more than are shown.
    pub capped: &'static str,
    /// Heading.
    pub visits: &'static str,
    /// Link.
    pub open_subject: &'static str,
    /// A mark: somebody settled that another visit counts.
    pub not_counted: &'static str,
    /// A visit without answers.
    pub no_answers: &'static str,
    // -- labels
    /// The page, in the menu.
    pub labels: &'static str,
    /// What the page is for.
    pub labels_lead: &'static str,
    /// Names the two buttons below it, for screen readers.
    pub whose_labels: &'static str,
    /// Button.
    pub labels_of_registry: &'static str,
    /// Button.
    pub labels_blank: &'static str,
    /// A word of help.
    pub registry_hint: &'static str,
    /// A word of help.
    pub blank_hint: &'static str,
    /// Label.
    pub how_many: &'static str,
    /// Label.
    pub paper: &'static str,
    /// Width and height of a label.
    pub paper_size: &'static str,
    /// A kind of paper.
    pub paper_roll: &'static str,
    /// A kind of paper.
    pub paper_cut: &'static str,
    /// A kind of paper.
    pub paper_plain: &'static str,
    /// A box to tick.
    pub only_without_code: &'static str,
    /// Label.
    pub dots: &'static str,
    /// The printers that such paper is made for.
    pub dots_usual: &'static str,
    /// How finely a printer prints.
    pub dots_of_printer: &'static str,
    /// Label.
    pub file_kind: &'static str,
    /// A kind of file.
    pub file_pdf: &'static str,
    /// A kind of file.
    pub file_svg: &'static str,
    /// A kind of file.
    pub file_engraving: &'static str,
    /// Button.
    pub make_drawings: &'static str,
    /// What to do with them.
    pub drawings_made: &'static str,
    /// Label.
    pub start_at: &'static str,
    /// A word of help.
    pub start_at_hint: &'static str,
    /// A box to tick.
    pub two_copies: &'static str,
    /// What it is good for.
    pub two_copies_note: &'static str,
    /// Opens more.
    pub printer: &'static str,
    /// A word of help.
    pub printer_hint: &'static str,
    /// Button.
    pub calibration: &'static str,
    /// Label.
    pub shift_right: &'static str,
    /// Label.
    pub shift_down: &'static str,
    /// Button.
    pub make_file: &'static str,
    /// While it is made.
    pub making_file: &'static str,
    /// What to do with it.
    pub file_made: &'static str,
    /// Names the picture, for screen readers.
    pub preview: &'static str,
    /// The picture in words.
    pub preview_alt: &'static str,
    /// Nothing was chosen that has labels.
    pub no_labels: &'static str,
    /// How much it is.
    pub labels_on_sheets: &'static str,
    /// How large the code is, in words.
    pub reads_to: &'static str,
    /// How bent it may be.
    pub pole_at_least: &'static str,
    /// A remark.
    pub without_code: &'static str,
    /// Before an address.
    pub leads_to: &'static str,
    /// A warning.
    pub address_not_lasting: &'static str,
    /// A link on a subject.
    pub print_label: &'static str,
    /// Before a heading.
    pub reprint_of: &'static str,
    /// A link.
    pub back_to_subject: &'static str,
    // -- the registry
    /// Heading over the choice of a zone.
    pub browse: &'static str,
    /// Label.
    pub programme: &'static str,
    /// The first entry of a list.
    pub choose: &'static str,
    /// The first entry of a list.
    pub all_zones: &'static str,
    /// How many there are.
    pub n_subjects: &'static str,
    /// Button.
    pub show_more: &'static str,
    /// The card's place before one is chosen.
    pub nothing_chosen: &'static str,
    /// Link on a phone.
    pub back_to_search: &'static str,
    /// Heading.
    pub fields: &'static str,
    /// Button.
    pub edit: &'static str,
    /// Title of a dialog.
    pub edit_field: &'static str,
    /// Label.
    pub reason: &'static str,
    /// Label.
    pub position: &'static str,
    /// Label.
    pub codes: &'static str,
    /// No code.
    pub no_codes: &'static str,
    /// Heading.
    pub photos: &'static str,
    /// Heading.
    pub last_visits: &'static str,
    /// How many are shown.
    pub visits_shown: &'static str,
    /// No visits.
    pub never_visited: &'static str,
    /// Heading.
    pub history: &'static str,
    /// What it shows.
    pub history_lead: &'static str,
    /// Folded away.
    pub unchanged: &'static str,
    /// Column.
    pub value: &'static str,
    /// Column.
    pub who: &'static str,
    /// Column.
    pub when: &'static str,
    /// Label.
    pub outcome: &'static str,
    /// Column.
    pub where_written: &'static str,
    /// Column.
    pub field: &'static str,
    /// A mark.
    pub shows_now: &'static str,
    /// A mark.
    pub replaced: &'static str,
    /// A mark: the writer had not seen the winning value.
    pub lost: &'static str,
    /// No place was stamped.
    pub place_unknown: &'static str,
    /// After a position.
    pub accuracy: &'static str,
    /// Who wrote, where no person is known.
    pub of_office: &'static str,
    /// Uncovers a hidden number.
    pub show: &'static str,
    /// Covers it again.
    pub hide: &'static str,
    /// On the card of sensitive data.
    pub view_logged: &'static str,
    /// On a card.
    pub has_questions: &'static str,
    // -- questions
    /// What to do.
    pub questions_lead: &'static str,
    /// A filter.
    pub open_ones: &'static str,
    /// A filter.
    pub settled_ones: &'static str,
    /// An empty list.
    pub no_open: &'static str,
    /// An empty list.
    pub no_settled: &'static str,
    /// What a question asks.
    pub q_field: &'static str,
    /// What a question asks.
    pub q_two_visits: &'static str,
    /// What a question asks.
    pub q_removed: &'static str,
    /// What a question asks.
    pub q_code: &'static str,
    /// What a question asks.
    pub q_other: &'static str,
    /// Button: which subject a code belongs to.
    pub use_subject: &'static str,
    /// Button.
    pub use_value: &'static str,
    /// Button.
    pub use_visit: &'static str,
    /// Button.
    pub keep_record: &'static str,
    /// Button.
    pub remove_record: &'static str,
    /// Before answers that differ, for screen readers.
    pub differs: &'static str,
    /// Above two readings.
    pub differs_note: &'static str,
    /// When a question arose.
    pub raised: &'static str,
    /// Who settled it.
    pub settled_by: &'static str,
    /// A mark.
    pub chosen: &'static str,
    /// A passing message.
    pub settled_note: &'static str,
    // -- devices
    /// What the page shows.
    pub devices_lead: &'static str,
    /// An empty list.
    pub no_devices: &'static str,
    /// Column.
    pub holder: &'static str,
    /// Column.
    pub area: &'static str,
    /// Column.
    pub last_seen: &'static str,
    /// It never synced.
    pub never_seen: &'static str,
    /// Column.
    pub received: &'static str,
    /// Column.
    pub waiting: &'static str,
    /// None wait.
    pub nothing_waits: &'static str,
    /// A device by number.
    pub device_n: &'static str,
    /// When it was enrolled.
    pub enrolled_on: &'static str,
    /// Heading.
    pub accounts: &'static str,
    /// Below it.
    pub accounts_lead: &'static str,
    /// Heading.
    pub account_new: &'static str,
    /// Button.
    pub account_make: &'static str,
    /// The name is there.
    pub account_taken: &'static str,
    /// Button.
    pub account_remove: &'static str,
    /// The same button, pressed once.
    pub account_remove_sure: &'static str,
    /// What the role may do.
    pub account_supervisor_note: &'static str,
    /// What the role may do.
    pub account_clerk_note: &'static str,
    /// What the role may do.
    pub account_administrator_note: &'static str,
    /// No programme is ticked.
    pub need_programme: &'static str,
    /// Button.
    pub password_new: &'static str,
    /// Whose password follows.
    pub password_of: &'static str,
    /// Below it.
    pub password_once: &'static str,
    /// Button.
    pub password_written: &'static str,
    /// Button and heading of a dialog.
    pub hand_over: &'static str,
    /// Whose round, how many zones.
    pub hand_over_title: &'static str,
    /// In the dialog.
    pub hand_over_done_stays: &'static str,
    /// In the dialog.
    pub hand_over_unsent: &'static str,
    /// Name of the list, for screen readers.
    pub hand_over_to: &'static str,
    /// No other device.
    pub hand_over_nobody: &'static str,
    /// How many zones, to whom.
    pub hand_over_done: &'static str,
    /// Button.
    pub hand_over_no: &'static str,
    /// Button and heading of a dialog.
    pub change_zones: &'static str,
    /// Whose device.
    pub change_zones_title: &'static str,
    /// Button.
    pub zones_save: &'static str,
    /// Whose device.
    pub zones_done: &'static str,
    /// Button.
    pub revoke: &'static str,
    /// A mark.
    pub revoked: &'static str,
    /// Folded away.
    pub revoked_devices: &'static str,
    /// Title of a dialog.
    pub revoke_title: &'static str,
    /// What happens.
    pub revoke_what: &'static str,
    /// What happens to what was sent.
    pub revoke_received: &'static str,
    /// What happens to what was not sent.
    pub revoke_unsent: &'static str,
    /// Where none is known.
    pub revoke_unsent_none: &'static str,
    /// Button.
    pub revoke_yes: &'static str,
    /// Button.
    pub revoke_no: &'static str,
    /// A passing message.
    pub revoke_done: &'static str,
    /// A warning.
    pub copy: &'static str,
    /// All zones of a programme.
    pub whole_programme: &'static str,
    /// How many zones.
    pub n_zones: &'static str,
    /// A mark: not heard of for long.
    pub silent_days: &'static str,
    /// A role.
    pub role_worker: &'static str,
    /// A role.
    pub role_supervisor: &'static str,
    /// A role.
    pub role_clerk: &'static str,
    /// A role.
    pub role_administrator: &'static str,
    // -- enrolment
    /// What to do.
    pub enrolment_lead: &'static str,
    /// Label.
    pub holder_name: &'static str,
    /// A hint.
    pub holder_hint: &'static str,
    /// Legend.
    pub role_question: &'static str,
    /// A role explained.
    pub role_worker_note: &'static str,
    /// A role explained.
    pub role_supervisor_note: &'static str,
    /// Legend.
    pub zones_question: &'static str,
    /// A hint.
    pub zones_hint: &'static str,
    /// Label.
    pub find_zone: &'static str,
    /// Button.
    pub choose_shown: &'static str,
    /// Button.
    pub clear_all: &'static str,
    /// Heading.
    pub chosen_zones: &'static str,
    /// Nothing chosen.
    pub none_chosen: &'static str,
    /// No zones.
    pub no_zones: &'static str,
    /// Said before the name of a zone.
    pub remove: &'static str,
    /// Button.
    pub make_code: &'static str,
    /// What is missing.
    pub need_name: &'static str,
    /// What is missing.
    pub need_zone: &'static str,
    /// Heading over the QR.
    pub scan_this: &'static str,
    /// What to do.
    pub scan_steps: &'static str,
    /// Label.
    pub code_label: &'static str,
    /// Label.
    pub address_label: &'static str,
    /// Describes the QR.
    pub qr_alt: &'static str,
    /// How long the code is good.
    pub time_left: &'static str,
    /// Where this computer's clock cannot be trusted.
    pub valid_until: &'static str,
    /// A length of time.
    pub minutes_seconds: &'static str,
    /// The code is too old.
    pub expired: &'static str,
    /// A device enrolled.
    pub used: &'static str,
    /// After it.
    pub used_note: &'static str,
    /// Button.
    pub print: &'static str,
    /// Button.
    pub make_again: &'static str,
    /// Button.
    pub another: &'static str,
    /// Below the code.
    pub once_only: &'static str,
    // -- refused
    /// What the page shows.
    pub refused_lead: &'static str,
    /// An empty list.
    pub no_refused: &'static str,
    /// Heading.
    pub what_it_says: &'static str,
    /// Folded away.
    pub raw_content: &'static str,
    /// Which save of the device.
    pub save_n: &'static str,
    /// A kind of record.
    pub kind_subject: &'static str,
    /// A kind of record.
    pub kind_visit: &'static str,
    /// A kind of record.
    pub kind_question: &'static str,
    /// A kind of record.
    pub kind_other: &'static str,
    // -- forms
    /// Menu and heading.
    pub forms: &'static str,
    // -- the account
    /// Label.
    pub signed_in_as: &'static str,
    /// Label.
    pub your_role: &'static str,
    /// Label.
    pub your_area: &'static str,
    /// An office role.
    pub everything: &'static str,
    /// What happens.
    pub sign_out_lead: &'static str,
    /// Heading.
    pub language: &'static str,
}

/// The office's strings in the language of the page.
pub fn office(app: App) -> &'static OfficeStrings {
    match app.lang() {
        Language::Thai => &TH,
        Language::English => &EN,
    }
}
