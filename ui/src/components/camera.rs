//! The camera's picture with its aim box, and the loop that hands frame after frame to the reader. One frame is in work
//! at a time; when its answer is here, the newest one is taken.

use crate::app::app;
use crate::browser::{now_ms, wait};
use crate::components::button::{Button, Weight};
use crate::components::decoder::{Aim, Decoder, Effort, Verdict};
use crate::components::icon::{Icon, icon};
use crate::components::lens::{Abilities, Frames, Lens, Trouble};
use crate::strings::{Strings, fill};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use web_sys::HtmlVideoElement;

/// Least time from frame to frame, milliseconds, so that a cheap phone stays cool.
const FRAME_MS: u64 = 50;
/// Pause while nothing is to be read.
const IDLE_MS: i32 = 150;
/// Without success for so long, one frame in a while is looked at as thoroughly as a photograph.
const THOROUGH_AFTER_MS: u64 = 1_000;
/// From one such frame to the next.
const THOROUGH_EVERY_MS: u64 = 1_200;
/// Without success for so long, a word of help appears.
const HELP_AFTER_MS: u64 = 6_000;
/// How far the zoom button goes at most.
const MOST_ZOOM: f64 = 4.0;

fn sentence(trouble: Trouble, t: &'static Strings) -> &'static str {
    match trouble {
        Trouble::Refused => t.camera_refused,
        Trouble::Absent => t.camera_absent,
        Trouble::Busy => t.camera_busy,
        Trouble::Insecure => t.camera_insecure,
    }
}

/// What the loop tells the screen.
#[derive(Clone, Copy)]
struct Signs {
    trouble: RwSignal<Option<Trouble>>,
    ready: RwSignal<bool>,
    abilities: RwSignal<Abilities>,
    help: RwSignal<bool>,
}

/// The camera's picture; what is read in it goes to `found`.
#[component]
pub fn Camera(
    /// Gets the one text that was meant, or the codes among which the person chooses.
    found: Callback<Verdict>,
    /// No frames are read while this holds.
    #[prop(into)]
    paused: Signal<bool>,
    /// Why there is no picture, for who offers something instead.
    trouble: RwSignal<Option<Trouble>>,
) -> impl IntoView {
    let t = app().t();
    let video = NodeRef::<html::Video>::new();
    let aim = NodeRef::<html::Div>::new();
    let signs = Signs {
        trouble,
        ready: RwSignal::new(false),
        abilities: RwSignal::new(Abilities::default()),
        help: RwSignal::new(false),
    };
    let torch = RwSignal::new(false);
    let zoom = RwSignal::new(1.0_f64);
    let held = StoredValue::new_local(Rc::new(Lens::new()));
    on_cleanup(move || held.with_value(|lens| lens.close()));

    Effect::new(move |_| {
        let (Some(video), Some(aim)) = (video.get(), aim.get()) else { return };
        // Each time the picture appears, after a trouble too, it gets a stream of its own.
        held.with_value(|lens| lens.close());
        let lens = Rc::new(Lens::new());
        held.set_value(lens.clone());
        signs.ready.set(false);
        torch.set(false);
        zoom.set(1.0);
        spawn_local(async move {
            match lens.open(&video).await {
                Ok(()) if lens.is_alive() => {
                    signs.ready.try_set(true);
                    signs.abilities.try_set(lens.abilities());
                    watch(&video, &aim, &lens, found, paused, signs).await;
                }
                Ok(()) => {}
                Err(why) => {
                    signs.trouble.try_set(Some(why));
                }
            }
        });
    });

    let lens = move || held.get_value();
    let light = move || {
        let on = !torch.get_untracked();
        torch.set(on);
        let lens = lens();
        spawn_local(async move { lens.light(on).await });
    };
    let farther = move || {
        let Some((least, most)) = signs.abilities.get_untracked().zoom else { return };
        let next = zoom.get_untracked() * 2.0;
        let factor = if next > MOST_ZOOM || least * next > most { 1.0 } else { next };
        zoom.set(factor);
        let lens = lens();
        spawn_local(async move { lens.zoom(least * factor).await });
    };
    let tapped = move |event: leptos::ev::MouseEvent| {
        let Some(video) = video.get_untracked().filter(|_| signs.abilities.get_untracked().focus) else {
            return;
        };
        let shown = video.get_bounding_client_rect();
        let Some(cover) = Cover::of(&video) else { return };
        let (x, y) = (f64::from(event.client_x()) - shown.x(), f64::from(event.client_y()) - shown.y());
        let (x, y) = cover.part(x, y);
        let lens = lens();
        spawn_local(async move { lens.focus(x, y).await });
    };

    view! {
        {move || match signs.trouble.get() {
            Some(why) => {
                view! {
                    <div class="notice warn" role="alert">
                        {icon(Icon::Warning)}
                        <p>{sentence(why, t)}</p>
                    </div>
                    {why.may_pass()
                        .then(|| {
                            view! {
                                <Button
                                    label=t.camera_again
                                    drawing=Icon::Sync
                                    weight=Weight::Quiet
                                    press=move || signs.trouble.set(None)
                                />
                            }
                        })}
                }
                    .into_any()
            }
            None => {
                view! {
                    <div class="camera">
                        <div class="picture">
                            <video
                                node_ref=video
                                autoplay=true
                                playsinline="true"
                                aria-label=t.camera_picture
                                on:click=tapped
                            ></video>
                            <div class="aim" node_ref=aim aria-hidden="true"></div>
                            {move || (!signs.ready.get()).then(|| view! { <p role="status">{t.camera_opening}</p> })}
                            <p class="help" role="status">
                                {move || (signs.help.get() && !paused.get()).then_some(t.camera_help)}
                            </p>
                        </div>
                        {move || {
                            let able = signs.abilities.get();
                            (able.torch || able.zoom.is_some())
                                .then(|| {
                                    view! {
                                        <div class="knobs">
                                            {able
                                                .torch
                                                .then_some(move || {
                                                    let label = if torch.get() { t.torch_off } else { t.torch_on };
                                                    view! { <Button label=label drawing=Icon::Torch press=light/> }
                                                })}
                                            {able
                                                .zoom
                                                .map(|_| {
                                                    move || {
                                                        let label = fill(t.zoom, &[&format!("{:.0}", zoom.get())]);
                                                        view! { <Button label=label drawing=Icon::Search press=farther/> }
                                                    }
                                                })}
                                        </div>
                                    }
                                })
                        }}
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

/// How a picture fills the frame of its video: scaled until nothing is left free, its middle in the middle.
struct Cover {
    scale: f64,
    shown: (f64, f64),
    picture: (f64, f64),
}

impl Cover {
    /// `None` before there is a picture.
    fn of(video: &HtmlVideoElement) -> Option<Cover> {
        let picture = (f64::from(video.video_width()), f64::from(video.video_height()));
        let shown = (f64::from(video.client_width()), f64::from(video.client_height()));
        let is_there = picture.0 > 0.0 && picture.1 > 0.0 && shown.0 > 0.0 && shown.1 > 0.0;
        is_there.then(|| Cover { scale: (shown.0 / picture.0).max(shown.1 / picture.1), shown, picture })
    }

    /// A place of the video's frame, in its pixels, as parts of the picture's width and height.
    fn part(&self, x: f64, y: f64) -> (f64, f64) {
        let part = |at: f64, shown: f64, picture: f64| {
            (0.5 + (at - shown / 2.0) / (self.scale * picture)).clamp(0.0, 1.0)
        };
        (part(x, self.shown.0, self.picture.0), part(y, self.shown.1, self.picture.1))
    }

    /// A length of the video's frame as a part of the picture's width, and of its height.
    fn lengths(&self, x: f64, y: f64) -> (f64, f64) {
        (x / (self.scale * self.picture.0), y / (self.scale * self.picture.1))
    }
}

fn aim_of(video: &HtmlVideoElement, aim: &web_sys::HtmlElement) -> Option<Aim> {
    let half = |length: i32| f64::from(length) / 2.0;
    Some(Cover::of(video)?.lengths(half(aim.offset_width()), half(aim.offset_height())))
}

/// Reads frame after frame until the screen is left or the phone takes the camera away.
async fn watch(
    video: &HtmlVideoElement,
    aim: &web_sys::HtmlElement,
    lens: &Lens,
    found: Callback<Verdict>,
    paused: Signal<bool>,
    signs: Signs,
) {
    let decoder = Decoder::default();
    let frames = Frames::of(video);
    let mut nothing_since = now_ms();
    let mut thorough_at = nothing_since;
    while lens.is_alive() {
        if paused.try_get_untracked().unwrap_or(true) || document().hidden() || video.ready_state() < 2 {
            if lens.was_taken() {
                signs.trouble.try_set(Some(Trouble::Busy));
                return;
            }
            nothing_since = now_ms();
            signs.help.try_set(false);
            wait(IDLE_MS).await;
            continue;
        }
        frames.next().await;
        if lens.was_taken() {
            signs.trouble.try_set(Some(Trouble::Busy));
            return;
        }
        lens.keep_awake().await;
        let begun_ms = now_ms();
        let is_thorough = begun_ms.saturating_sub(nothing_since) >= THOROUGH_AFTER_MS
            && begun_ms.saturating_sub(thorough_at) >= THOROUGH_EVERY_MS;
        let effort = if is_thorough { Effort::Thorough } else { Effort::Frame };
        let Some(aim) = aim_of(video, aim) else { continue };
        let verdict = decoder.read_video(video, aim, effort).await;
        let ended_ms = now_ms();
        if is_thorough {
            thorough_at = ended_ms;
        }
        if !lens.is_alive() || paused.try_get_untracked() != Some(false) {
            continue;
        }
        if verdict == Verdict::Nothing {
            signs.help.try_set(ended_ms.saturating_sub(nothing_since) >= HELP_AFTER_MS);
        } else {
            found.run(verdict);
        }
        let rest = FRAME_MS.saturating_sub(now_ms().saturating_sub(begun_ms));
        if rest > 0 {
            wait(i32::try_from(rest).unwrap_or(0)).await;
        }
    }
}
