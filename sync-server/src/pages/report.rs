//! A report from the street: one tap, without an account.

use super::{Language, code_page, form_token, from_own_page, is_ours, subject_of};
use crate::allowance::REPORTS;
use crate::answer::Failure;
use crate::body;
use crate::office::address_of;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::code;
use serde::Deserialize;
use std::net::SocketAddr;
use store::Now;

/// What the form of a code's page sends.
#[derive(Deserialize, Default)]
struct Sent {
    #[serde(default)]
    form: String,
    #[serde(default)]
    l: String,
    /// The topic that was tapped.
    #[serde(default)]
    topic: String,
    /// Or the order that says the same.
    #[serde(default)]
    join: String,
}

/// `POST /q/{code}`: writes the report and leads to its own page.
pub(crate) async fn report(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(typed): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let bytes = body::read_small(&headers, sent).await?;
    let sent: Sent = super::track::urlencoded(&bytes);
    let l = Language { en: sent.l == "en" };
    let now_ms = server.now_ms();
    let from = address_of(&server.config, &headers, peer);
    let again = |said: &'static str, status: StatusCode| {
        code_page(&server, from, typed.clone(), l, Some(said.to_owned()), Some(status))
    };
    let label = code::read_tail(&typed);
    let Ok((code, Some(proof))) = label else {
        let said = l.say("สแกนป้ายที่ติดอยู่จริงเพื่อแจ้งปัญหา", "Scan the label itself to report a problem.");
        return again(said, StatusCode::FORBIDDEN).await;
    };
    if !from_own_page(&headers) || !is_ours(&server, &code, &sent.form, now_ms) {
        let said = l.say("หน้านี้เปิดไว้นานแล้ว กดแจ้งอีกครั้ง", "This page was open for long. Please tap again.");
        return again(said, StatusCode::FORBIDDEN).await;
    }
    let topics: Vec<String> = Some(sent.topic).filter(|topic| !topic.is_empty()).into_iter().collect();
    let joins = sent.join.parse().ok();
    let own = server.clone();
    let done = server
        .with_store(move |store| {
            let forged = store.is_forged(&code, &proof);
            // A network that guesses gets the same answer whatever it guessed.
            if !own.label_guesses().tells_of_label(from, forged, now_ms) || forged {
                return Ok(Done::Refused);
            }
            // Only now: anybody can make up labels that are not ours, and would use up what others may.
            if !own.allowance().take("report", &code, from, REPORTS, now_ms) {
                return Ok(Done::TooMany);
            }
            let Some((subject, _)) = subject_of(store, &code, now_ms)? else { return Ok(Done::Refused) };
            match store.report_as_citizen(subject, joins, &topics, Now::thai(now_ms)) {
                Ok(token) => Ok(Done::Written(token)),
                // Something that is not offered, or not any more.
                Err(store::Error::NotFound | store::Error::Refused(_)) => Ok(Done::Refused),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
    match done {
        Done::Written(token) => see_other(&format!("/t/{token}?just=1&l={}", l.code())),
        Done::Refused => {
            let said = l.say(
                "แจ้งเรื่องนี้จากป้ายนี้ไม่ได้ เลือกจากรายการ",
                "This cannot be reported here. Please choose from the list.",
            );
            again(said, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Done::TooMany => {
            let said = l.say(
                "มีการแจ้งจากป้ายหรือเครือข่ายนี้หลายครั้งแล้ว รอสักครู่ หรือโทรหาสำนักงาน",
                "There were many reports from here. Please wait a while, or call the office.",
            );
            again(said, StatusCode::TOO_MANY_REQUESTS).await
        }
    }
}

/// What became of a tap.
enum Done {
    /// It is written; the text of its tracking link.
    Written(String),
    /// It cannot be reported with this label.
    Refused,
    /// There were too many.
    TooMany,
}

/// Leads to another page, which a reload does not send again.
pub(super) fn see_other(to: &str) -> Result<Response, Failure> {
    let to = HeaderValue::from_str(to).map_err(|_| domain::problem::Code::Internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// The token of a tracking page's form.
pub(super) fn track_form(server: &Server, token: &str, now_ms: u64) -> String {
    form_token(server, &format!("t {token}"), now_ms)
}
