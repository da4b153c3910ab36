//! The codes on a bill: QR for telephones, bars for cashiers.

use crate::shape::{BLACK, Shape};
use crate::{code128, qr};
use domain::promptpay::{Payment, Receiver};
use qrcode::EcLevel;

/// A payment's QR code, at most `room` millimetres wide, its modules whole multiples of `dot`. Level M: paper on the way
/// home gets no dirtier than that, and each module is larger.
pub(super) fn square(payment: &Payment, (x, y): (f32, f32), room: f32, dot: f32) -> Option<(Shape, f32)> {
    let modules = qr::modules(&payment.text(), EcLevel::M)?;
    let count = modules.len() as f32;
    let module = ((room / count / dot + 1e-3).floor()).max(1.0) * dot;
    Some((Shape::Code { x, y, module, modules }, module * count))
}

/// The bars of a bill payment, across, each module `module` wide.
pub(super) fn bars_across(
    payment: &Payment,
    (x, y): (f32, f32),
    module: f32,
    height: f32,
) -> Option<(Vec<Shape>, f32)> {
    let modules = code128::modules(&payment.bar_code()?)?;
    let shapes = runs(&modules).map(|(at, length)| Shape::Box {
        x: x + at as f32 * module,
        y,
        width: length as f32 * module,
        height,
        colour: BLACK,
    });
    Some((shapes.collect(), modules.len() as f32 * module))
}

/// The same bars along the paper: a roll is not wide enough for them.
pub(super) fn bars_along(
    payment: &Payment,
    (x, y): (f32, f32),
    module: f32,
    width: f32,
) -> Option<(Vec<Shape>, f32)> {
    let modules = code128::modules(&payment.bar_code()?)?;
    let shapes = runs(&modules).map(|(at, length)| Shape::Box {
        x,
        y: y + at as f32 * module,
        width,
        height: length as f32 * module,
        colour: BLACK,
    });
    Some((shapes.collect(), modules.len() as f32 * module))
}

/// Where dark runs begin, and how long they are.
fn runs(modules: &[bool]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    modules.chunk_by(|a, b| a == b).filter_map(move |run| {
        let start = at;
        at += run.len();
        (run.first() == Some(&true)).then_some((start, run.len()))
    })
}

/// What stands beside the codes for people who type.
pub(super) fn references(payment: &Payment) -> Vec<(&'static str, String)> {
    match &payment.to {
        Receiver::Bill { biller, ref1, ref2, .. } => {
            let mut all = vec![("Biller ID", biller.clone()), ("Ref.1", ref1.clone())];
            if !ref2.is_empty() {
                all.push(("Ref.2", ref2.clone()));
            }
            all
        }
        Receiver::Transfer(proxy) => {
            use domain::promptpay::Proxy;
            let (Proxy::Phone(id) | Proxy::Id(id) | Proxy::Wallet(id)) = proxy;
            vec![("พร้อมเพย์", id.clone())]
        }
    }
}
