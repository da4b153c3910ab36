//! A photo that is at the office and not here: its small picture is fetched when somebody looks, the whole of it only
//! when somebody asks.

use crate::error::Result;
use crate::sync::session::{HttpAnswer, HttpCall, problem_of};
use crate::{Store, meta};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::api::{Photo, PhotoReply};
use domain::problem::{Code, Problem};

/// The call that fetches a photo from the office.
///
/// Errors: `not_enrolled`; `not_found` for a name that is no hash.
pub fn photo_call(store: &Store, ask: &Photo) -> Result<HttpCall> {
    if !crate::photo::is_hash(&ask.hash) {
        return Err(Code::NotFound.into());
    }
    let server = meta::get(&store.db, meta::SERVER)?.ok_or(Code::NotEnrolled)?;
    let bearer = meta::get(&store.db, meta::TOKEN)?.ok_or(Code::NotEnrolled)?;
    let size = if ask.whole { "" } else { "?size=thumb" };
    let url = format!("{server}/v1/blob/{}{size}", ask.hash);
    Ok(HttpCall { method: "GET", url, bearer, body: Vec::new(), content_type: "" })
}

/// Takes in the answer to [`photo_call`]. The small picture is kept, the whole is only shown.
pub fn absorb_photo(
    store: &mut Store,
    ask: &Photo,
    answer: HttpAnswer,
) -> std::result::Result<PhotoReply, Problem> {
    match answer {
        // Nothing but a picture is one, whatever a Wi-Fi's sign-in page calls itself.
        HttpAnswer::Response { status: 200, content_type, body }
            if content_type.starts_with("image/") && !body.starts_with(b"<") =>
        {
            if !ask.whole {
                store.keep_thumbnail(&ask.hash, &body)?;
            }
            Ok(PhotoReply { base64: Some(STANDARD.encode(body)), mime: content_type, small: !ask.whole })
        }
        // Not there yet: whoever took it has not sent it. Or not any more, and whoever sent it sends it again.
        HttpAnswer::Response { status: 404, .. } => {
            if problem_of(answer).code == Code::NotFound {
                store.photo_forgotten(&ask.hash)?;
            }
            Ok(PhotoReply::default())
        }
        other => Err(problem_of(other)),
    }
}
