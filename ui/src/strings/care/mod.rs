//! What the emergency view, red flags and reports say, on the phone and at the office alike.

mod en;
mod th;

pub use en::EN;
pub use th::TH;

use crate::app::App;
use crate::strings::Language;

/// The sentences in one language. `{}` stands for what [`crate::strings::fill`] puts in.
#[derive(Debug)]
pub struct CareStrings {
    /// Title of the view.
    pub emergency: &'static str,
    /// On the home screen.
    pub emergency_button: &'static str,
    /// What the view is for, before it is opened.
    pub emergency_lead: &'static str,
    /// What opening it means.
    pub emergency_logged: &'static str,
    /// Label.
    pub emergency_reason: &'static str,
    /// A reason to tap.
    pub reason_fire: &'static str,
    /// A reason to tap.
    pub reason_flood: &'static str,
    /// A reason to tap.
    pub reason_storm: &'static str,
    /// A reason to tap.
    pub reason_search: &'static str,
    /// A reason to tap.
    pub reason_drill: &'static str,
    /// Button.
    pub emergency_open: &'static str,
    /// While it is open.
    pub emergency_until: &'static str,
    /// How many people are known.
    pub emergency_known: &'static str,
    /// Heading.
    pub others_open: &'static str,
    /// Button.
    pub point_here: &'static str,
    /// Button.
    pub point_middle: &'static str,
    /// Label.
    pub point_address: &'static str,
    /// Below the map.
    pub point_tap: &'static str,
    /// No position.
    pub point_unknown: &'static str,
    /// Heading: the point is not known yet.
    pub around_unknown: &'static str,
    /// Heading: round the device; with the radius.
    pub around_here: &'static str,
    /// Heading: round the middle of all; with the radius.
    pub around_middle: &'static str,
    /// Heading: round a house or a name; with the radius.
    pub around_address: &'static str,
    /// Heading: round a tap on the map; with the radius.
    pub around_tap: &'static str,
    /// Heading: those without a place.
    pub around_nowhere: &'static str,
    /// Button: shows the point, the radius and the map.
    pub point_unfold: &'static str,
    /// Button: folds them away.
    pub point_fold: &'static str,
    /// For a screen reader.
    pub map_label: &'static str,
    /// Label of the buttons.
    pub radius: &'static str,
    /// A distance.
    pub metres_n: &'static str,
    /// Above the list.
    pub found_n: &'static str,
    /// Nobody near.
    pub found_none: &'static str,
    /// The device holds nobody.
    pub found_no_register: &'static str,
    /// Button.
    pub unplaced_n: &'static str,
    /// Button.
    pub unplaced_back: &'static str,
    /// The eight directions, from the north.
    pub directions: &'static str,
    /// Of a photo.
    pub way_in_photo: &'static str,
    /// A telephone link.
    pub call_n: &'static str,
    /// A mark, and its button.
    pub reached: &'static str,
    /// A mark, and its button.
    pub moved_to: &'static str,
    /// A mark, and its button.
    pub not_there: &'static str,
    /// Button.
    pub unmark: &'static str,
    /// Label.
    pub moved_where: &'static str,
    /// Button.
    pub moved_save: &'static str,
    /// Who marked, and when.
    pub marked_by: &'static str,
    /// The mark is not at the office yet.
    pub mark_waits: &'static str,
    /// Said after a mark.
    pub mark_saved: &'static str,
    /// In the choice of a device's zones.
    pub emergency_right: &'static str,
    /// A supervisor's area, in the making of an account.
    pub only_area: &'static str,
    /// Title of the page.
    pub reports: &'static str,
    /// What it is for.
    pub reports_lead: &'static str,
    /// Above a table that is wider than the screen.
    pub report_scrolls: &'static str,
    /// Nothing to choose.
    pub no_reports: &'static str,
    /// Label.
    pub report_which: &'static str,
    /// Label.
    pub report_month: &'static str,
    /// Label.
    pub report_zone: &'static str,
    /// A choice.
    pub report_all_zones: &'static str,
    /// Button.
    pub report_pdf: &'static str,
    /// Button.
    pub report_xlsx: &'static str,
    /// Below the tables.
    pub report_note: &'static str,
    /// Button.
    pub person_pdf: &'static str,
    /// Button.
    pub person_fhir: &'static str,
    /// Heading.
    pub person_export: &'static str,
    /// Label of the list.
    pub urgent: &'static str,
    /// Heading.
    pub urgent_n: &'static str,
    /// How long it has waited.
    pub urgent_since: &'static str,
    /// More of them.
    pub urgent_more: &'static str,
    /// It has waited too long.
    pub urgent_late: &'static str,
    /// For who may not answer.
    pub urgent_waits: &'static str,
    /// Label.
    pub urgent_note: &'static str,
    /// Nothing was typed.
    pub urgent_note_needed: &'static str,
    /// Said after an answer.
    pub urgent_answered: &'static str,
}

/// The sentences of the language in use.
pub fn care(app: App) -> &'static CareStrings {
    match app.lang() {
        Language::Thai => &TH,
        Language::English => &EN,
    }
}
