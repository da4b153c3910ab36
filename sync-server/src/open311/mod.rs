//! Open311 GeoReport v2: systems outside read what anybody may see of the cases, and who has a key of the office may open
//! them. The same cases as on every screen; nothing here names a person.
//!
//! A service is a topic of a programme that citizens may report (`lights.off`). A case is `open` while somebody has to deal
//! with it, else `closed`; what it is doing stands in Thai in `status_notes`. `address_id` is what its subject is called, such
//! as the pole's number.

mod answer;
mod parameters;

use crate::answer::Failure;
use crate::body;
use crate::office::address;
use crate::shared::Server;
use answer::{Format, Item, List, Said, refuse, reply};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::access::{Grant, Role};
use domain::api::{Ask, Nearby};
use domain::ids::{RecordId, Shelf};
use domain::order::{OrderKind, TopicKind};
use domain::programme::Programme;
use domain::thai_date::{THAI_OFFSET_MINUTES, iso};
use parameters::Parameters;
use std::sync::Arc;
use store::{CasesWanted, KeyUse, Now, PublicCase, Store, public_kind};

/// The longest time that one question may ask about: 90 days, as the standard says.
const SPAN_MS: u64 = 90 * 24 * 60 * 60 * 1_000;
/// Cases of one answer.
const PAGE: usize = 200;
const PAGE_MAX: usize = 500;
/// Cases that may lie before a page: whoever wants older ones asks for an earlier time.
const DEPTH_MAX: usize = 5_000;
/// Service codes of one question.
const CODES_MAX: usize = 50;
/// A position means the subject of the programme that is nearest to it, if it is no further, metres.
const REACH_M: f64 = 60.0;
/// Cases that may be opened with one key in an hour.
const CASES_OF_A_KEY: u64 = 120;

/// `GET /open311/...`.
pub(crate) async fn get(
    State(server): State<Server>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let (parts, format) = Format::split(&path);
    let parts: Vec<&str> = parts.split('/').collect();
    let asked = Parameters::read(query.as_deref().unwrap_or_default().as_bytes());
    let found = match parts.as_slice() {
        ["discovery"] => discovery(&server).await,
        ["v2", "services"] => services(&server).await,
        ["v2", "services", code] => definition(&server, code).await,
        ["v2", "requests"] => requests(&server, &asked).await,
        ["v2", "requests", ids] => some_requests(&server, ids).await,
        ["v2", "tokens", token] => token_of(&server, token).await,
        _ => Err(refuse(StatusCode::NOT_FOUND, "ไม่มีหน้านี้ (no such resource)")),
    };
    reply(format, found)
}

/// `POST /open311/v2/requests`.
pub(crate) async fn post(
    State(server): State<Server>,
    Path(path): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Response {
    let (parts, format) = Format::split(&path);
    let opened = match (parts, body::read_small(&headers, sent).await) {
        ("v2/requests", Ok(bytes)) => open(&server, Parameters::read(&bytes)).await,
        (_, Ok(_)) => Err(refuse(StatusCode::NOT_FOUND, "ไม่มีหน้านี้ (no such resource)")),
        (_, Err(failure)) => Err(failure.into()),
    };
    reply(format, opened)
}

async fn discovery(server: &Server) -> Result<List, Said> {
    let config = Arc::clone(&server.config);
    let (own, name) = server
        .with_store(move |store| {
            let own = address(store, &config, None).map(|(own, _)| own).unwrap_or_default();
            Ok((own, store.tenant()?.municipality))
        })
        .await?;
    let phone = server.config.phone.clone().unwrap_or_default();
    let mut whole = List::one("discovery", "discovery");
    let mut item = Item::default();
    item.text("changeset", "2026-11-26T00:00:00+07:00");
    item.text("contact", format!("{name} {phone}").trim());
    item.text("key_service", format!("{own}/office (ขอกุญแจจากเจ้าหน้าที่ · ask the office for a key)"));
    item.list("endpoints", "endpoint", |endpoints| {
        let mut endpoint = Item::default();
        endpoint.text("specification", "http://wiki.open311.org/GeoReport_v2");
        endpoint.text("url", format!("{own}/open311/v2"));
        endpoint.text("changeset", "2026-11-26T00:00:00+07:00");
        endpoint.text("type", "production");
        endpoint.list("formats", "format", |formats| {
            formats.word("text/xml");
            formats.word("application/json");
        });
        endpoints.push(endpoint);
    });
    whole.push(item);
    Ok(whole)
}

/// The programmes with cases that anybody may see.
fn open_programmes(store: &Store) -> Vec<Arc<Programme>> {
    store.programmes().values().filter(|programme| public_kind(programme).is_some()).cloned().collect()
}

/// The topics of a programme that citizens may report.
fn topics(programme: &Programme) -> impl Iterator<Item = (&OrderKind, &TopicKind)> {
    public_kind(programme)
        .into_iter()
        .flat_map(|kind| kind.topics.iter().filter(|topic| topic.citizen).map(move |topic| (kind, topic)))
}

fn code_of(programme: &Programme, topic: &str) -> String {
    format!("{}.{topic}", programme.id)
}

/// Programme and topic of a service code.
fn read_code(code: &str) -> Option<(String, String)> {
    code.split_once('.').map(|(programme, topic)| (programme.to_owned(), topic.to_owned()))
}

async fn services(server: &Server) -> Result<List, Said> {
    let programmes = server.with_store(|store| Ok(open_programmes(store))).await?;
    let mut all = List::many("services", "service");
    for programme in &programmes {
        for (kind, topic) in topics(programme) {
            let mut item = Item::default();
            item.text("service_code", code_of(programme, &topic.id));
            item.text("service_name", &topic.title.th);
            item.text("description", format!("{}: {}", programme.title.th, kind.title.th));
            item.truth("metadata", false);
            item.text("type", "realtime");
            item.text(
                "keywords",
                format!("{}, {}", topic.title.in_language("en"), programme.title.in_language("en")),
            );
            item.text("group", &programme.title.th);
            all.push(item);
        }
    }
    Ok(all)
}

async fn definition(server: &Server, code: &str) -> Result<List, Said> {
    let wanted = code.to_owned();
    let known = server
        .with_store(move |store| {
            let offered = |programme: &Arc<Programme>| {
                topics(programme).any(|(_, topic)| code_of(programme, &topic.id) == wanted)
            };
            Ok(open_programmes(store).iter().any(offered))
        })
        .await?;
    if !known {
        return Err(refuse(StatusCode::NOT_FOUND, "ไม่มีบริการนี้ (service_code is not known)"));
    }
    let mut whole = List::one("service_definition", "service_definition");
    let mut item = Item::default();
    item.text("service_code", code);
    // One tap says it all: nothing more is asked.
    item.list("attributes", "attribute", |_| {});
    whole.push(item);
    Ok(whole)
}

async fn requests(server: &Server, asked: &Parameters) -> Result<List, Said> {
    if let Some(ids) = asked.get("service_request_id") {
        return some_requests(server, ids).await;
    }
    let now_ms = server.now_ms();
    let moment = |name: &'static str| match asked.get(name) {
        Some(text) => parameters::moment(text).map(Some).ok_or_else(|| {
            refuse(StatusCode::BAD_REQUEST, format!("อ่านเวลาไม่ได้ ({name} is no ISO 8601 time)"))
        }),
        None => Ok(None),
    };
    let (start, end) = (moment("start_date")?, moment("end_date")?);
    let before_ms =
        end.or(start.map(|start| start.saturating_add(SPAN_MS))).unwrap_or(now_ms.saturating_add(1));
    let from_ms = start.unwrap_or(before_ms.saturating_sub(SPAN_MS));
    if before_ms < from_ms || before_ms - from_ms > SPAN_MS {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "ช่วงเวลาต้องไม่เกิน 90 วัน (at most 90 days between start_date and end_date)",
        ));
    }
    let open = match asked.get("status").map(str::trim) {
        None | Some("") => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some("open,closed" | "closed,open") => None,
        Some(_) => {
            return Err(refuse(
                StatusCode::BAD_REQUEST,
                "status เป็น open หรือ closed (status is open or closed)",
            ));
        }
    };
    let codes: Vec<&str> = asked
        .get("service_code")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .take(CODES_MAX + 1)
        .collect();
    if codes.len() > CODES_MAX {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "ถามได้ครั้งละ 50 บริการ (at most 50 service codes at once)",
        ));
    }
    let topics: Vec<(String, String)> = codes.iter().filter_map(|code| read_code(code)).collect();
    if topics.len() < codes.len() {
        return Err(refuse(StatusCode::BAD_REQUEST, "ไม่มีบริการนี้ (service_code is not known)"));
    }
    let number =
        |name: &str, default: usize| asked.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let most = number("page_size", PAGE).clamp(1, PAGE_MAX);
    let skip = number("page", 1).saturating_sub(1).saturating_mul(most);
    if skip > DEPTH_MAX {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "หน้านี้ลึกเกินไป เลือกช่วงเวลาให้สั้นลง (page is too deep: ask for a shorter time)",
        ));
    }
    let wanted = CasesWanted { programme: None, topics, from_ms, before_ms, open, skip, most };
    let (cases, agency) = server
        .with_store(move |store| Ok((store.public_cases(&wanted)?, store.tenant()?.municipality)))
        .await?;
    Ok(list(&cases, &agency))
}

async fn some_requests(server: &Server, ids: &str) -> Result<List, Said> {
    let ids: Vec<RecordId> = ids.split(',').take(PAGE_MAX).filter_map(|id| id.trim().parse().ok()).collect();
    let (cases, agency) = server
        .with_store(move |store| {
            let mut cases = Vec::new();
            for id in ids {
                cases.extend(store.public_case(id)?);
            }
            Ok((cases, store.tenant()?.municipality))
        })
        .await?;
    if cases.is_empty() {
        return Err(refuse(StatusCode::NOT_FOUND, "ไม่มีเรื่องนี้ (service_request_id is not known)"));
    }
    Ok(list(&cases, &agency))
}

async fn token_of(server: &Server, token: &str) -> Result<List, Said> {
    let wanted = token.to_owned();
    let tracked = server.with_store(move |store| Ok(store.track(&wanted)?)).await?;
    let tracked = tracked.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "ไม่มีเรื่องนี้ (token is not known)"))?;
    let mut whole = List::many("service_requests", "request");
    let mut item = Item::default();
    item.text("service_request_id", tracked.order.to_string());
    item.text("token", token);
    whole.push(item);
    Ok(whole)
}

fn list(cases: &[PublicCase], agency: &str) -> List {
    let mut all = List::many("service_requests", "request");
    for case in cases {
        let Some(kind) = case.programme.order(&case.kind) else { continue };
        let known: Vec<&TopicKind> = case.topics.iter().filter_map(|id| kind.topic(id)).collect();
        let main = known.iter().find(|topic| topic.citizen).or(known.first());
        let titles: Vec<&str> = known.iter().map(|topic| topic.title.th.as_str()).collect();
        let moment = |ms: u64| iso(ms, THAI_OFFSET_MINUTES);
        let mut item = Item::default();
        item.text("service_request_id", case.id.to_string());
        item.text("status", if case.open { "open" } else { "closed" });
        item.text("status_notes", &case.said);
        item.text("service_name", main.map_or(kind.title.th.as_str(), |topic| topic.title.th.as_str()));
        item.text("service_code", code_of(&case.programme, main.map_or(kind.id.as_str(), |topic| &topic.id)));
        item.text("description", titles.join(", "));
        item.text("agency_responsible", agency);
        item.text("service_notice", "");
        item.text("requested_datetime", moment(case.opened_ms));
        item.text("updated_datetime", moment(case.since_ms));
        item.optional("expected_datetime", case.due_ms.map(moment));
        item.text("address", case.about.join(" · "));
        item.text("address_id", &case.subject);
        item.text("zipcode", "");
        item.number("lat", case.place.map(|(lat, _)| lat));
        item.number("long", case.place.map(|(_, lon)| lon));
        item.text("media_url", "");
        all.push(item);
    }
    all
}

/// Opens a case for whoever has a key.
async fn open(server: &Server, asked: Parameters) -> Result<List, Said> {
    let now_ms = server.now_ms();
    let key = asked.get("api_key").unwrap_or_default().to_owned();
    let used =
        server.with_store(move |store| Ok(store.use_outside_key(&key, CASES_OF_A_KEY, now_ms)?)).await?;
    match used {
        KeyUse::By(_) => {}
        KeyUse::TooOften => {
            return Err(refuse(
                StatusCode::TOO_MANY_REQUESTS,
                "ส่งมากเกินไป รอหนึ่งชั่วโมง (too many, wait an hour)",
            ));
        }
        KeyUse::Unknown => {
            let words = "กุญแจไม่ถูกต้อง ขอใหม่จากสำนักงาน (api_key is missing or wrong)";
            return Err(refuse(StatusCode::FORBIDDEN, words));
        }
    }
    let code = asked.get("service_code").unwrap_or_default().to_owned();
    let unknown = || refuse(StatusCode::BAD_REQUEST, "ไม่มีบริการนี้ (service_code is missing or not known)");
    let (programme, topic) = read_code(&code).ok_or_else(unknown)?;
    let opened = server
        .with_store(move |store| {
            let programmes = open_programmes(store);
            let Some(programme) = programmes.into_iter().find(|known| known.id == programme) else {
                return Ok(Err(unknown()));
            };
            let Some((kind, topic)) = topics(&programme).find(|(_, known)| known.id == topic) else {
                return Ok(Err(unknown()));
            };
            let now = Now::thai(now_ms);
            let Some(subject) = subject_of(store, &programme, &asked, now)? else {
                return Ok(Err(refuse(
                    StatusCode::BAD_REQUEST,
                    "ไม่พบจุดที่แจ้ง ส่ง address_id หรือ lat และ long (nothing of ours is there: send address_id, or lat and long)",
                )));
            };
            let token = store.report_as_citizen(subject, None, std::slice::from_ref(&topic.id), now)?;
            let contact = ["email", "phone", "first_name", "last_name"]
                .into_iter()
                .filter_map(|name| asked.get(name))
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            let note = asked.get("description").unwrap_or_default();
            if !note.is_empty() || !contact.is_empty() {
                store.add_as_citizen(&token, note, &contact, None, now)?;
            }
            let order = store.track(&token)?.map(|tracked| tracked.order.to_string());
            let advice = kind.severities.iter().find(|severity| severity.id == topic.severity);
            Ok(Ok((order.unwrap_or_default(), advice.map(|severity| severity.advice.th.clone()))))
        })
        .await?;
    let (order, advice) = opened?;
    let mut whole = List::many("service_requests", "request");
    let mut item = Item::default();
    item.text("service_request_id", order);
    item.text("service_notice", advice.unwrap_or_default());
    item.text("account_id", "");
    whole.push(item);
    Ok(whole)
}

/// The subject that is meant: by its number, else by what it is called, else the nearest to a position. Whoever names a number
/// means that one, and not whatever else is near.
fn subject_of(
    store: &mut Store,
    programme: &Programme,
    asked: &Parameters,
    now: Now,
) -> Result<Option<RecordId>, Failure> {
    let named = |name: &str| asked.get(name).map(str::trim).filter(|text| !text.is_empty());
    if let Some(number) = named("address_id") {
        return Ok(store.subject_called(&programme.id, number)?);
    }
    if let Some(text) = named("address_string")
        && let Some(found) = store.subject_called(&programme.id, text)?
    {
        return Ok(Some(found));
    }
    let degrees = |name: &str| asked.get(name).and_then(|text| text.trim().parse::<f64>().ok());
    let (Some(lat), Some(lon)) = (degrees("lat"), degrees("long")) else { return Ok(None) };
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return Ok(None);
    }
    // With the eyes of somebody who may see this programme and no other.
    let eyes = Grant {
        person: "Open311".to_owned(),
        role: Role::Supervisor,
        shelves: vec![Shelf::common(programme.id.clone())],
    };
    let today = now.day().to_string();
    let near = Nearby { lat, lon, radius_m: REACH_M, programme: Some(programme.id.clone()), today, limit: 1 };
    let rows = Nearby::unwrap(store::service::serve(store, Some(&eyes), now, near.wrap())?)?;
    Ok(rows.first().map(|row| row.id))
}
