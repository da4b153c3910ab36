//! Letters over the municipality's own mail server.

use super::Letter;
use super::guard::{Allowed, resolve};
use domain::api::MailSafety;
use domain::notify::Trouble;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport};
use std::time::{Duration, UNIX_EPOCH};
use store::MailServer;

/// How long the mail server has for each step.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands a letter to the mail server.
pub(super) fn send(
    letter: &Letter,
    to: &str,
    server: Option<&MailServer>,
    allowed: &Allowed,
) -> Result<(), Trouble> {
    let server = server.ok_or(Trouble::NoMailServer)?;
    let from = server.from.parse().map_err(|_| Trouble::NoMailServer)?;
    let domain = server.from.rsplit('@').next().unwrap_or("localhost").to_owned();
    let name = (!letter.municipality.is_empty()).then(|| letter.municipality.clone());
    let message = Message::builder()
        .from(Mailbox::new(name, from))
        .to(Mailbox::new(None, to.parse().map_err(|_| Trouble::NoSuchReceiver)?))
        .subject(&letter.message.title)
        .date(UNIX_EPOCH + Duration::from_millis(letter.now_ms))
        // The same for each attempt, so that a mail program shows a repeat once.
        .message_id(Some(format!("<{}@{domain}>", letter.retry_key())))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text())
        .map_err(|_| Trouble::Failed)?;

    let addresses = resolve(&server.host, server.port, allowed)?;
    let address = addresses.first().ok_or(Trouble::NoSuchHost)?;
    // To the address that was looked at; the certificate must be for the name.
    let parameters = TlsParameters::new(server.host.clone()).map_err(|_| Trouble::Untrusted)?;
    let mut transport = SmtpTransport::builder_dangerous(address.ip().to_string())
        .port(server.port)
        .timeout(Some(PATIENCE))
        .hello_name(ClientId::Domain(domain))
        .tls(match server.safety {
            MailSafety::Tls => Tls::Wrapper(parameters),
            MailSafety::StartTls => Tls::Required(parameters),
            MailSafety::Open => Tls::None,
        });
    if !server.user.is_empty() {
        transport = transport.credentials(Credentials::new(server.user.clone(), server.password.clone()));
    }
    transport.build().send(&message).map(|_| ()).map_err(|error| trouble(&error))
}

fn trouble(error: &lettre::transport::smtp::Error) -> Trouble {
    let status = error.status().map(u16::from);
    match status {
        Some(530 | 534 | 535 | 538) => Trouble::NotSignedIn,
        Some(550 | 551 | 553 | 554) => Trouble::NoSuchReceiver,
        Some(421 | 450..=452 | 454) => Trouble::TooMuch,
        Some(_) => Trouble::Failed,
        None if error.is_tls() => Trouble::Untrusted,
        None if error.is_client() || error.is_response() => Trouble::Failed,
        None => Trouble::NoAnswer,
    }
}
