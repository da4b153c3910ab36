//! Every sentence a person sees, in Thai and in English. A string that is missing in one language does not compile.
//!
//! `{}` stands for something filled in by [`fill`]. Words of programmes and forms are not here: they are data.

/// Sentences of a part of the screens in both languages, each with its two texts side by side: `name: "ไทย", "English";`.
/// Makes the named struct, `TH` and `EN` of it, and for tests the list `ALL` of name, Thai and English.
macro_rules! sentences {
    ($strings:ident; $($(#[$doc:meta])* $name:ident: $thai:literal, $english:literal;)*) => {
        /// The sentences in one language. `{}` stands for what [`crate::strings::fill`] puts in.
        #[derive(Debug)]
        pub struct $strings {
            $($(#[$doc])* pub $name: &'static str,)*
        }

        impl $strings {
            /// The sentences in a language.
            pub fn of(language: $crate::strings::Language) -> &'static $strings {
                const TH: $strings = $strings { $($name: $thai,)* };
                const EN: $strings = $strings { $($name: $english,)* };
                match language {
                    $crate::strings::Language::Thai => &TH,
                    $crate::strings::Language::English => &EN,
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $thai, $english),)*];
    };
}

pub mod care;
mod en;
pub mod money;
pub mod office;
pub mod orders;
mod problems;
mod th;

pub use en::EN;
pub use problems::problem;
pub use th::TH;

/// A language of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Thai.
    #[default]
    Thai,
    /// English.
    English,
}

impl Language {
    /// The code of the language, as HTML and forms want it.
    pub fn code(self) -> &'static str {
        match self {
            Language::Thai => "th",
            Language::English => "en",
        }
    }
}

/// Asserts that sentences are whole in both languages: Thai in the one, none of it in the other, and room for the same
/// texts. `names` are those that are a name, alike in every language.
#[cfg(test)]
fn assert_both_say_everything(all: &[(&str, &str, &str)], names: &[&str]) {
    let is_thai = |text: &str| text.chars().any(|c| ('ก'..='๙').contains(&c));
    for (name, thai, english) in all {
        assert_eq!(thai.matches("{}").count(), english.matches("{}").count(), "{name}");
        assert!(is_thai(thai) || names.contains(name), "{name} is not Thai: {thai}");
        assert!(!thai.trim().is_empty() && !english.trim().is_empty(), "{name} is empty");
        assert!(!is_thai(english), "{name} is not English: {english}");
    }
}

/// Puts texts in the place of each `{}`, in order.
pub fn fill(pattern: &str, texts: &[&str]) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut texts = texts.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{}") {
        out.push_str(before);
        out.push_str(texts.next().copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

macro_rules! strings {
    ($($name:ident),* $(,)?) => {
        /// All strings of one language, by name.
        #[derive(Debug)]
        pub struct Strings {
            $(pub $name: &'static str,)*
        }

        #[cfg(test)]
        impl Strings {
            fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

strings! {
    plan_due, plan_cutoff,
    question_approval, counts_it, counts_not, waits_for_office, once_more, skipped, any_reason, sort_round, sort_done, sort_lead, move_up_of, move_down_of,
    correcting, correcting_lead, correcting_reason, correct_visit, corrected, date_time_incomplete, less, more_of_it, more_help, move_down, no_such_option, now, place_improving, place_poor, place_use, question_of, rank_right, sign, sign_again, sign_clear, sign_here, sign_use, signature, size_hint, size_one_by_one, tried, tried_lead,
    correct_code, line_all_sent, line_waiting, nothing_due, outcome_sure, outcome_yes, overdue_of_these, overview_back, overview_empty, overview_lead, overview_page, sends_itself,
    about, about_text, acknowledge, all, all_sent, app_name, arriving, arriving_note, back, back_to_card,
    bind_although, bind_label, bind_lead, bind_scan_lead, bind_sure, bind_to, bind_yes, bound, camera_absent,
    cleared_lost, cleared_next, cleared_next_again, cleared_nothing_lost, cleared_title,
    camera_again, camera_help, camera_insecure, is_this_code, outside_area, zoom, photograph_label, scan_sound, sound_on, sound_off, label_replaced,
    replaced_when, replaced_by, label_now, no_label_now, bind_old_title, bind_old_lead, bind_replace, bind_beside,
    bind_old_codes, bind_makers, bind_slip_lead, bind_slip_title, if_makers, type_again, bound_replaced, camera_busy, camera_opening, camera_picture, camera_refused, cancel, cannot_open, cannot_read, choose,
    close, copy_lead, copy_made, copy_make, copy_nothing, copy_title, copy_too_large, code_blank, code_mistyped, code_taken, code_unknown, codes, content, correct_data, could_not,
    count_photos, count_received, count_saved, create_new, damaged_title, damaged_unsent, date_hint, date_incomplete, day, days_ago, details,
    device_name, device_name_first, device_name_hint, device_number, done, draft_drop, draft_drop_sure, draft_is_kept,
    draft_kept, draft_taken_up, drafts, due, enrol_again, enrol_code, enrol_code_found, enrol_lead, enrol_moves, enrol_now,
    enrol_title, enrol_typed, enrolled, enrolment_scanned, form_progress, from_picture, go_correct, history,
    holds, home, hours_ago, in_days, just_now, keep_it, keeping_photo, kind_not_here, language, last_attempt,
    last_sync, last_sync_label, last_visits, left, loading, look_again, lost_unseen, metres, minutes_ago,
    month, more, more_letters, move_up, municipality, n_arrived, n_drafts, n_of, n_questions, n_refused,
    n_rows, never_synced, new_subject, next, next_one, next_ones, no, no_code_in_picture, no_drafts,
    no_history, no_picture, no_questions, no_refused, no_value, no_work, not_known, note, note_needed,
    nothing_found, nothing_in_round, office_has_it, on_this_device_only, open_elsewhere, open_map, opening,
    opens_in, other_code, overdue, page_of, person, photo, photo_at_office, photo_of_subject, photo_whole,
    photos_any, photos_cannot_tell, photos_lead, photos_send_now, photos_title, photos_wait, photos_wifi, place,
    place_accuracy, place_again, place_failed, place_looking, place_none, place_take, previous,
    question_code_twice, question_field, question_office, question_other, question_removed, question_tap, question_two_visits,
    questions, reading_picture, reason_optional, refused, refused_lead, remove_it, remove_photo, registry_cut, registry_entry, registry_left_out, removed,
    removed_code, removed_field, repeat_add, repeat_number, repeat_remove, required, right_save, save, saved, scan,
    scan_again, scan_next, search, search_options, search_prompt, server_address, server_and_code,
    server_hint, settings, settled, several_codes, several_subjects, show_which, shows_now, size_large,
    size_normal, standing_done, standing_later, standing_left, standing_overdue, stay_here, sync_done,
    sync_now, sync_title, syncing, syncing_n_of, take_photo, this_device, time, today, tomorrow, torch_off,
    torch_on, try_again, type_code, type_size, unknown_ask_office, unsent, update_ready, use_code, version,
    whole_round, why_not, year, yes, yesterday, zone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        for ((name, thai), (_, english)) in TH.all().into_iter().zip(EN.all()) {
            assert!(!thai.trim().is_empty() && !english.trim().is_empty(), "{name} is empty");
            assert_eq!(thai.matches("{}").count(), english.matches("{}").count(), "{name}");
            assert!(thai.chars().any(|c| ('ก'..='๙').contains(&c)), "{name} is not Thai: {thai}");
            assert!(!english.chars().any(|c| ('ก'..='๙').contains(&c)), "{name} is not English: {english}");
        }
    }

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(fill("{} จาก {}", &["2", "7"]), "2 จาก 7");
        assert_eq!(fill("{}{}", &["a"]), "a");
        assert_eq!(fill("ไม่มี", &["a"]), "ไม่มี");
    }
}
