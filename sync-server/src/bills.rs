//! Bills of a cycle as pages, for those who pay by post.

use crate::answer::Failure;
use crate::body;
use crate::device::read_json;
use crate::office;
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use documents::paper;
use domain::api::BillsPdf;
use domain::problem::{Code, Problem};
use store::Now;

/// `POST /api/bills`: the file for the printer.
pub(crate) async fn file(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    office::from_our_page(&headers)?;
    let caller = office::caller(&server, &headers).await?;
    let whole = body::read(&server.large, &headers, sent).await?;
    let ask: BillsPdf = read_json(&whole.bytes)?;
    let two_a_page = ask.two_a_page;
    let papers = server
        .with_store(move |store| {
            let grant = &caller.account.grant;
            let papers = store.bill_papers(grant, Now::thai(caller.now_ms), &ask)?;
            let zone = ask.zone.as_deref().unwrap_or("*");
            let about = format!("{}/{zone} {} x {}", ask.programme, ask.cycle, papers.len());
            store.note_audit(&grant.person, "bills printed", &about, caller.now_ms)?;
            Ok(papers)
        })
        .await?;
    // Away from the threads that answer, and without holding the store: a whole cycle takes seconds.
    let drawn = tokio::task::spawn_blocking(move || paper::bills_pdf(&papers, two_a_page)).await;
    let file = drawn.map_err(|_| Failure::from(Code::Internal))?;
    let file = file.map_err(|error| Failure::from(Problem::new(Code::Internal).about(error)))?;
    let mut response = file.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"bills.pdf\""));
    Ok(response)
}
