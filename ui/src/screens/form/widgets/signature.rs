//! A signature, drawn with the finger in a sheet of its own, where no stroke scrolls the page. It is kept as a photo.

use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::photo::{keep_canvas, photo};
use crate::screens::form::question::At;
use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// The canvas, pixels. A signature needs no more, and the file stays below 15 KB.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 320;

/// A signature, or any drawing with one finger.
pub fn signature(at: &At) -> AnyView {
    let (app, t) = (at.app, at.app.t());
    let open = RwSignal::new(false);
    let (shown, cleared, label, set) = (at.clone(), at.clone(), at.clone(), at.clone());
    let kept = Callback::new(move |hash: String| {
        set.choose(&hash);
        set.session.keep_draft();
        open.set(false);
    });
    let trial = at.session.is_trial();
    view! {
        {move || {
            let hash = shown.value();
            (!hash.is_empty()).then(|| photo(app, hash, t.signature.to_owned()))
        }}
        {move || {
            let again = !label.value().is_empty();
            view! {
                <Button
                    label=if again { t.sign_again } else { t.sign }
                    drawing=Icon::Edit
                    press=move || open.set(true)
                />
            }
        }}
        {move || {
            let cleared = cleared.clone();
            (!cleared.value().is_empty())
                .then(|| {
                    view! {
                        <Button
                            label=t.repeat_remove
                            weight=Weight::Quiet
                            drawing=Icon::Remove
                            press=move || cleared.choose("")
                        />
                    }
                })
        }}
        <Dialog open=open title=t.sign_here>
            <Pad kept=kept trial=trial leave=Callback::new(move |()| open.set(false))/>
        </Dialog>
    }
    .into_any()
}

/// The sheet that is drawn on.
#[component]
fn Pad(
    /// Gets what the drawing is called by once it is kept.
    kept: Callback<String>,
    /// Nothing is kept.
    trial: bool,
    /// Called when the person changes their mind.
    leave: Callback<()>,
) -> impl IntoView {
    let app = crate::app::app();
    let t = app.t();
    let canvas = NodeRef::<html::Canvas>::new();
    let drawn = RwSignal::new(false);
    let keeping = RwSignal::new(false);
    let last = StoredValue::new(None::<(f64, f64)>);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            wipe(&canvas);
        }
    });
    let begin = move |event: PointerEvent| {
        let Some(canvas) = canvas.get_untracked() else { return };
        event.prevent_default();
        let _ = canvas.set_pointer_capture(event.pointer_id());
        let at = place(&canvas, &event);
        last.set_value(Some(at));
        // A dot is a stroke too.
        stroke(&canvas, at, (at.0 + 0.1, at.1));
        drawn.set(true);
    };
    let go_on = move |event: PointerEvent| {
        let (Some(canvas), Some(from)) = (canvas.get_untracked(), last.get_value()) else { return };
        event.prevent_default();
        let to = place(&canvas, &event);
        stroke(&canvas, from, to);
        last.set_value(Some(to));
    };
    let end = move |_: PointerEvent| last.set_value(None);
    let clear = move || {
        if let Some(canvas) = canvas.get_untracked() {
            wipe(&canvas);
        }
        drawn.set(false);
    };
    let keep = move || {
        let Some(canvas) = canvas.get_untracked() else { return };
        keeping.set(true);
        spawn_local(async move {
            match keep_canvas(&canvas, trial).await {
                Ok(hash) => {
                    kept.try_run(hash);
                    app.refresh_status();
                }
                Err(problem) => app.say_problem(&problem),
            }
            keeping.try_set(false);
        });
    };
    let unready = Signal::derive(move || !drawn.get() || keeping.get());
    view! {
        <canvas
            class="pad"
            node_ref=canvas
            width=WIDTH
            height=HEIGHT
            role="img"
            aria-label=t.sign_here
            on:pointerdown=begin
            on:pointermove=go_on
            on:pointerup=end
            on:pointercancel=end
        ></canvas>
        <Button label=t.sign_use weight=Weight::Main drawing=Icon::Check disabled=unready press=keep/>
        <Button label=t.sign_clear drawing=Icon::Remove press=clear/>
        <Button label=t.cancel weight=Weight::Quiet press=move || leave.run(())/>
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// Makes the sheet white: a JPEG has no transparency, and black on black signs nothing.
fn wipe(canvas: &HtmlCanvasElement) {
    if let Some(context) = context(canvas) {
        context.set_fill_style_str("#ffffff");
        context.fill_rect(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT));
    }
}

/// Where on the canvas a finger is, in its own pixels.
fn place(canvas: &HtmlCanvasElement, event: &PointerEvent) -> (f64, f64) {
    let (shown_width, shown_height) =
        (f64::from(canvas.client_width().max(1)), f64::from(canvas.client_height().max(1)));
    (
        f64::from(event.offset_x()) * f64::from(WIDTH) / shown_width,
        f64::from(event.offset_y()) * f64::from(HEIGHT) / shown_height,
    )
}

fn stroke(canvas: &HtmlCanvasElement, from: (f64, f64), to: (f64, f64)) {
    let Some(context) = context(canvas) else { return };
    context.set_stroke_style_str("#10211d");
    context.set_line_width(5.0);
    context.set_line_cap("round");
    context.begin_path();
    context.move_to(from.0, from.1);
    context.line_to(to.0, to.1);
    context.stroke();
}
