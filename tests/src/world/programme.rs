//! The programme of the simulated municipality. It is none of the real ones, so that the engine cannot lean on them.

use domain::programme::{
    ConflictRule, FieldKind, FormKind, OutcomeKind, Programme, Schedule, SubjectKind, Words, WorkerMay,
};

/// Its id.
pub const ID: &str = "wells";

fn words(th: &str) -> Words {
    Words { th: th.to_owned(), en: String::new() }
}

fn field(id: &str, conflict: ConflictRule, worker_edits: bool) -> FieldKind {
    FieldKind { id: id.to_owned(), title: words(id), conflict, worker_edits, ..FieldKind::default() }
}

/// A version of the definition. Workers may correct names, house numbers and telephone numbers, bind codes and make
/// meters; the owner is the office's own field.
pub fn wells(version: u32) -> Programme {
    Programme {
        id: ID.to_owned(),
        version,
        title: words("บ่อบาดาล"),
        zone_title: words("สาย"),
        subject: SubjectKind {
            title: words("มาตร"),
            fields: vec![
                field("name", ConflictRule::Review, true),
                field("house", ConflictRule::Auto, true),
                field("phone", ConflictRule::Auto, true),
                field("owner", ConflictRule::Review, false),
            ],
            heading: vec!["name".to_owned()],
            second_line: vec!["house".to_owned()],
            search: vec!["name".to_owned(), "house".to_owned()],
            ..SubjectKind::default()
        },
        forms: vec![
            FormKind {
                id: "reading".to_owned(),
                title: words("จดมาตร"),
                primary: true,
                once_per_cycle: true,
                schedule: Some(Schedule::Month { due_day: 25 }),
                ..FormKind::default()
            },
            FormKind { id: "check".to_owned(), title: words("ตรวจ"), ..FormKind::default() },
        ],
        outcomes: vec![OutcomeKind {
            code: "locked".to_owned(),
            title: words("บ้านปิด"),
            ..OutcomeKind::default()
        }],
        worker_may: WorkerMay { bind: true, create: true },
        ..Programme::default()
    }
}

/// The definition after the office took a field away from the workers.
pub fn wells_without(version: u32, no_longer_theirs: &str) -> Programme {
    let mut programme = wells(version);
    for field in programme.subject.fields.iter_mut().filter(|field| field.id == no_longer_theirs) {
        field.worker_edits = false;
    }
    programme
}
