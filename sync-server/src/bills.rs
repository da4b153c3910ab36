//! Bills and receipts as pages: those of a cycle for who pays by post, and one by itself.
//!
//! A paper is counted once its page is drawn: a file that could not be made is no original that was handed out.

use crate::answer::Failure;
use crate::download::{self, PDF};
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use documents::paper;
use domain::api::{BillsPdf, PaperPdf};
use domain::problem::{Code, Problem};
use store::{Now, PagePaper};

fn bad(error: documents::BadPaper) -> Failure {
    Failure::from(Problem::new(Code::Internal).about(error))
}

/// `POST /api/bills`: the file for the printer.
pub(crate) async fn file(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ask, _until_done): (_, BillsPdf, _) = download::asked(&server, &headers, sent).await?;
    let (grant, now) = (caller.account.grant, Now::thai(caller.now_ms));
    let (of, whose) = (ask.clone(), grant.clone());
    let zones = server.with_store(move |store| Ok(store.zones_to_bill(&whose, now, &of)?)).await?;
    // A zone at a time: between two of them phones are answered.
    let mut papers = Vec::new();
    for zone in zones {
        let of = BillsPdf { zone: Some(zone), ..ask.clone() };
        let whose = grant.clone();
        let found = server
            .with_store(move |store| match store.bill_papers(&whose, now, &of).map_err(Problem::from) {
                Err(problem) if problem.code == Code::NoBill => Ok(Vec::new()),
                found => Ok(found?),
            })
            .await?;
        papers.extend(found);
    }
    if papers.is_empty() {
        return Err(Code::NoBill.into());
    }
    let numbers: Vec<_> = papers.iter().map(|paper| paper.bill.no.clone()).collect();
    let two_a_page = ask.two_a_page;
    let file = download::drawn(move || paper::bills_pdf(&papers, two_a_page)).await?.map_err(bad)?;
    server
        .with_store(move |store| {
            store.papers_printed(&numbers)?;
            let zone = ask.zone.clone().unwrap_or_else(|| grant.extent(&ask.programme));
            let about = format!("{}/{zone} {} x {}", ask.programme, ask.cycle, numbers.len());
            Ok(store.note_audit(&grant.person, "bills printed", &about, caller.now_ms)?)
        })
        .await?;
    Ok(download::file(file, PDF, "bills.pdf"))
}

/// `POST /api/paper`: one bill or receipt.
pub(crate) async fn paper(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ask, _until_done): (_, PaperPdf, _) = download::asked(&server, &headers, sent).await?;
    let (grant, now) = (caller.account.grant, Now::thai(caller.now_ms));
    let whose = grant.clone();
    let (paper, number) =
        server.with_store(move |store| Ok(store.page_paper(&whose, now, ask.entry)?)).await?;
    let file = download::drawn(move || match paper {
        PagePaper::Bill(bill) => paper::bills_pdf(&[*bill], false),
        PagePaper::Receipt(receipt) => paper::receipt_pdf(&receipt),
    });
    let file = file.await?.map_err(bad)?;
    let name = format!("{number}.pdf");
    server
        .with_store(move |store| {
            store.papers_printed(std::slice::from_ref(&number))?;
            Ok(store.note_audit(&grant.person, "paper printed", &number.to_string(), caller.now_ms)?)
        })
        .await?;
    Ok(download::file(file, PDF, &name))
}
