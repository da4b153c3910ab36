//! Requests about what is written down at the office's desk in the place of whoever was out.

use super::{SaveVisit, Seen};
use crate::ids::RecordId;
use serde::{Deserialize, Serialize};

/// Saves a visit that is typed at the desk, or one that corrects another. For the office only, with the rights of whoever is
/// signed in. No draft is kept there, so what a draft would remember comes along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnterVisit {
    /// What the visit is to be called, chosen when the form was opened: whoever got no answer sends it again under the same
    /// name, and it is saved once. A page of an older version says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
    /// The visit.
    pub visit: SaveVisit,
    /// The version of the form that was filled.
    pub version: String,
    /// [`super::OpenedForm::seen`], as it came when the form was opened.
    pub seen: Seen,
    /// Why; needed where the visit corrects another. It goes with the commit and stands on the account beside the new bill.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn local_time_is_one_that_a_clock_on_earth_shows() {
        let read = |offset: i64| {
            serde_json::from_value::<SaveVisit>(json!({
                "programme": "water", "form": "reading", "subject": null, "zone": null, "code": null,
                "outcome": "done", "answers": {}, "photos": [], "place": null, "supersedes": null,
                "offset_minutes": offset,
            }))
        };
        for offset in [-840, 0, 420, 840] {
            assert_eq!(i64::from(read(offset).unwrap().offset_minutes), offset);
        }
        for offset in [-841, 841, -115_200, i64::from(i32::MIN), i64::from(i32::MAX), i64::MAX] {
            assert!(read(offset).is_err(), "{offset}");
        }
    }
}
