//! Taking a photo and showing one. It is made small at once: a phone's own picture is a hundred times larger than
//! anybody needs to see a meter, and carries the position inside the file.

use crate::app::{App, app};
use crate::backend::ask;
use crate::components::decoder::scaled_canvas;
use crate::components::icon::{Icon, icon};
use domain::api::{KeepPhoto, Photo};
use domain::problem::{Code, Problem};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Longest side of a kept photo, pixels.
const PHOTO_SIDE: f64 = 1280.0;
/// JPEG quality, 0 to 1.
const QUALITY: f64 = 0.78;
/// How the address of a picture begins that is its own content.
const JPEG_URL: &str = "data:image/jpeg;base64,";

/// Where a photo comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum From {
    /// The camera.
    #[default]
    Camera,
    /// The pictures that are on the device.
    Gallery,
}

/// Makes a picture file small and keeps it, unless it is only a `trial`. Returns its hash; of a trial the picture
/// itself, as [`photo`] can show it.
async fn keep(file: &web_sys::File, longest_px: f64, trial: bool) -> Result<String, Problem> {
    let unreadable = |_: JsValue| Problem::new(Code::PhotoUnreadable);
    let none = || Problem::new(Code::PhotoUnreadable);
    let promise = window().create_image_bitmap_with_blob(file).map_err(unreadable)?;
    let bitmap: web_sys::ImageBitmap =
        JsFuture::from(promise).await.map_err(unreadable)?.dyn_into().map_err(unreadable)?;
    let (canvas, context) =
        scaled_canvas(f64::from(bitmap.width()), f64::from(bitmap.height()), longest_px).ok_or_else(none)?;
    let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, w, h).map_err(unreadable)?;
    bitmap.close();
    keep_canvas(&canvas, trial).await
}

/// Keeps what is drawn on a canvas as a JPEG, see [`TakePhoto`]. Drawn from pixels, so nothing of an original file's
/// metadata is in it.
///
/// # Errors
/// `photo_unreadable` where the browser gives no picture; whatever the store says.
pub async fn keep_canvas(canvas: &web_sys::HtmlCanvasElement, trial: bool) -> Result<String, Problem> {
    let url = canvas
        .to_data_url_with_type_and_encoder_options("image/jpeg", &QUALITY.into())
        .map_err(|_| Problem::new(Code::PhotoUnreadable))?;
    let base64 = url.strip_prefix(JPEG_URL).ok_or_else(|| Problem::new(Code::PhotoUnreadable))?.to_owned();
    if trial {
        return Ok(url);
    }
    Ok(ask(KeepPhoto { base64, mime: "image/jpeg".to_owned() }).await?.hash)
}

/// What becomes of a kept photo. No `Callback`: that one is gone with its screen.
pub type Kept = Arc<dyn Fn(String) + Send + Sync>;

/// A button that takes a photo with the camera or from the gallery.
#[component]
pub fn TakePhoto(
    /// What the button says.
    #[prop(into)]
    label: String,
    /// The camera, or the pictures that are there.
    #[prop(optional)]
    from: From,
    /// Longest side of the kept photo, pixels, where a form wants a smaller one.
    #[prop(optional_no_strip)]
    longest_px: Option<f64>,
    /// Nothing is kept.
    #[prop(optional)]
    trial: bool,
    /// Called before the camera app opens, which may cost this page its life.
    #[prop(optional, into)]
    before: Option<Callback<()>>,
    /// Gets the hash of the kept photo, even if the screen was drawn anew while it was kept: whoever took it is told nothing.
    kept: Kept,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let input = NodeRef::<html::Input>::new();
    let working = RwSignal::new(false);
    let change = move || {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        working.set(true);
        let kept = Arc::clone(&kept);
        spawn_local(async move {
            match keep(
                &file,
                longest_px.filter(|px| *px >= 64.0).unwrap_or(PHOTO_SIDE).min(PHOTO_SIDE),
                trial,
            )
            .await
            {
                Ok(hash) => {
                    kept(hash);
                    app.refresh_status();
                }
                Err(problem) => app.say_problem(&problem),
            }
            input.set_value("");
            working.try_set(false);
        });
    };
    view! {
        <label class="button file" class:working=move || working.get()>
            {icon(if from == From::Camera { Icon::Camera } else { Icon::Picture })}
            <span class="words">{move || if working.get() { t.keeping_photo.to_owned() } else { label.clone() }}</span>
            <input
                type="file"
                accept="image/*"
                capture=(from == From::Camera).then_some("environment")
                node_ref=input
                on:click=move |_| {
                    if let Some(before) = before {
                        before.run(());
                    }
                }
                on:change=move |_| change()
            />
        </label>
    }
}

/// A photo as it is shown.
#[derive(Clone)]
struct Shown {
    url: String,
    /// It is the small picture; the whole one is at the office.
    small: bool,
}

async fn load(hash: String, whole: bool) -> Result<Option<Shown>, Problem> {
    let photo = ask(Photo { hash, whole }).await?;
    let plain =
        photo.mime.starts_with("image/") && photo.mime.chars().all(|c| c.is_ascii_alphanumeric() || c == '/');
    let small = photo.small;
    Ok(photo
        .base64
        .filter(|_| plain)
        .map(|base64| Shown { url: format!("data:{};base64,{base64}", photo.mime), small }))
}

/// A photo, or a word where it is only at the office. Of one that another device took a small picture is fetched, and
/// the whole of it only when somebody asks: a round of photos would empty a month's data.
pub fn photo(app: App, hash: String, description: String) -> impl IntoView {
    let source = RwSignal::new(None::<Option<Shown>>);
    let fetching = RwSignal::new(false);
    let name = hash.clone();
    // A form that is only being tried keeps nothing: the picture itself stands in the place of its name.
    if name.starts_with(JPEG_URL) {
        source.set(Some(Some(Shown { url: name.clone(), small: false })));
    }
    spawn_local(async move {
        if !name.starts_with(JPEG_URL) {
            source.try_set(Some(load(name, false).await.ok().flatten()));
        }
    });
    let enlarge = move |hash: String| {
        fetching.set(true);
        spawn_local(async move {
            match load(hash, true).await {
                Ok(Some(shown)) => {
                    source.try_set(Some(Some(shown)));
                }
                Ok(None) => app.say(app.t().photo_at_office),
                Err(problem) => app.say_problem(&problem),
            }
            fetching.try_set(false);
        });
    };
    move || match source.get() {
        Some(Some(Shown { url, small: true })) => {
            let hash = hash.clone();
            view! {
                <button
                    type="button"
                    class="photo-small"
                    disabled=move || fetching.get()
                    on:click=move |_| enlarge(hash.clone())
                >
                    <img class="photo" src=url alt=description.clone()/>
                    <span>{move || if fetching.get() { app.t().loading } else { app.t().photo_whole }}</span>
                </button>
            }
            .into_any()
        }
        Some(Some(Shown { url, small: false })) => {
            view! { <img class="photo" src=url alt=description.clone()/> }.into_any()
        }
        Some(None) => view! { <p class="photo missing">{app.t().photo_at_office}</p> }.into_any(),
        None => view! { <p class="photo missing">{app.t().loading}</p> }.into_any(),
    }
}
