//! Bills of a cycle as pages, for those who pay by post.

use crate::answer::Failure;
use crate::download::{self, PDF};
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
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
    let (caller, ask, _until_done): (_, BillsPdf, _) = download::asked(&server, &headers, sent).await?;
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
    let file = download::drawn(move || paper::bills_pdf(&papers, two_a_page)).await?;
    let file = file.map_err(|error| Failure::from(Problem::new(Code::Internal).about(error)))?;
    Ok(download::file(file, PDF, "bills.pdf"))
}
