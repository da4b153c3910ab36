//! One question: its label, a word of help, the widget for its kind, and what is wrong or odd about the answer.

use crate::app::App;
use crate::components::icon::{Icon, icon};
use crate::components::markdown::{inline, marked};
use crate::format;
use crate::screens::form::session::Session;
use crate::screens::form::widgets::{choice, date, media, number, place, repeat, signature, text};
use forms::{Item, Kind};
use leptos::prelude::*;

/// A question's place in its form, handed to its widget.
#[derive(Clone)]
pub struct At {
    /// The shared state.
    pub app: App,
    /// The form.
    pub session: Session,
    /// Its path.
    pub path: String,
    /// The item as it is now.
    pub item: Memo<Option<Item>>,
}

impl At {
    /// The item as it was when it was drawn.
    pub fn now(&self) -> Option<Item> {
        self.item.try_get_untracked().flatten()
    }

    /// The stored answer; watches it.
    pub fn value(&self) -> String {
        self.item.with(|item| item.as_ref().map_or(String::new(), |item| item.value.clone()))
    }

    /// Answers.
    pub fn set(&self, value: &str) {
        self.session.set(&self.path, value);
    }

    /// Answers and shows errors at once.
    pub fn choose(&self, value: &str) {
        self.session.choose(&self.path, value);
    }

    /// Says whether the form wants the question drawn in one of some ways.
    pub fn has_appearance(&self, words: &[&str]) -> bool {
        self.now().is_some_and(|item| item.appearance.iter().any(|own| words.contains(&own.as_str())))
    }

    /// A number among the question's parameters.
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.now()?.parameters.get(name)?.parse().ok()
    }

    /// The id that ties the label to the input.
    pub fn id(&self) -> String {
        self.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    }
}

/// Draws the question at a path.
pub fn question_view(app: App, session: Session, path: String, kind: Kind) -> impl IntoView {
    let own = path.clone();
    let item = Memo::new(move |_| session.item(&own));
    let at = At { app, session, path, item };
    let single_at = at.clone();
    let id = at.id();
    if kind == Kind::Group {
        let at = at.clone();
        let hinted = at.clone();
        return view! {
            <h3 class="group">{move || inline(&label(&at))}</h3>
            {move || hint_view(&hinted)}
        }
        .into_any();
    }
    let error = Memo::new(move |_| item.with(|item| item.as_ref().and_then(|item| session.error(item))));
    let warning = Memo::new(move |_| item.with(|item| item.as_ref().and_then(|item| session.warning(item))));
    let (error_id, label_id) = (format!("{id}-error"), format!("{id}-label"));
    let described_by = error_id.clone();
    let (labelled, hinted, guided, asked) = (at.clone(), at.clone(), at.clone(), at.clone());
    // Another answer on the same screen may decide it.
    let required = Memo::new(move |_| {
        item.with(|item| item.as_ref().is_some_and(|item| item.required && !item.readonly))
    });
    // One input takes the label itself; several take it as the name of their group.
    let single = !readonly_now(&single_at)
        && matches!(kind, Kind::Text | Kind::Integer | Kind::Decimal | Kind::Barcode | Kind::Time);
    let heading = view! {
        {move || {
            let words = label(&labelled);
            // A label element holds a line; a note may hold paragraphs and lists.
            if single { inline(&words) } else { marked(&words) }
        }}
        {move || required.get().then(|| view! { <span class="required">" *"<span class="visually-hidden">{app.t().required}</span></span> })}
    };
    let heading = if single {
        view! { <label class="label" id=label_id.clone() for=id.clone()>{heading}</label> }.into_any()
    } else {
        view! { <div class="label" id=label_id.clone()>{heading}</div> }.into_any()
    };
    view! {
        <div
            class="question-box"
            class:wrong=move || error.with(Option::is_some)
            class:note=kind == Kind::Note
            role="group"
            tabindex="-1"
            aria-labelledby=label_id
            aria-describedby=described_by
        >
            {heading}
            {pictured(&guided)}
            {move || hint_view(&hinted)}
            {guidance(&guided)}
            {widget(&asked, kind)}
            <div id=error_id class="said">
                {move || error.get().map(|error| view! { <p class="wrong" role="alert">{icon(Icon::Warning)}{error}</p> })}
                {move || {
                    // What cannot be is not odd besides.
                    let warning = warning.get().filter(|_| error.with(Option::is_none));
                    warning.map(|warning| view! { <p class="odd" role="status">{icon(Icon::Warning)}{warning}</p> })
                }}
            </div>
        </div>
    }
    .into_any()
}

fn readonly_now(at: &At) -> bool {
    at.now().is_some_and(|item| item.readonly)
}

/// The picture beside the label.
fn pictured(at: &At) -> Option<impl IntoView + use<>> {
    let address = at.session.picture(&at.now()?.image)?;
    Some(view! { <img class="question-picture" src=address alt=""/> })
}

/// The word of help.
fn hint_view(at: &At) -> Option<impl IntoView + use<>> {
    let hint = at.item.with(|item| item.as_ref().map_or(String::new(), |item| item.hint.clone()));
    (!hint.is_empty()).then(|| view! { <div class="hint">{marked(&hint)}</div> })
}

/// Longer help, for whoever wants it.
fn guidance(at: &At) -> Option<impl IntoView + use<>> {
    let guidance = at.now().map(|item| item.guidance).filter(|guidance| !guidance.is_empty())?;
    Some(view! {
        <details class="small">
            <summary>{at.app.t().more_help}</summary>
            {marked(&guidance)}
        </details>
    })
}

fn label(at: &At) -> String {
    at.item.with(|item| item.as_ref().map_or(String::new(), |item| item.label.clone()))
}

/// An answer that is only shown: a choice by its label, a day as it is said.
fn shown(at: &At, kind: Kind) -> String {
    let labels = at.item.with(|item| {
        let options = item.iter().flat_map(|item| &item.options);
        options.filter(|option| option.selected).map(|option| option.label.clone()).collect::<Vec<_>>()
    });
    let value = at.value();
    match kind {
        _ if !labels.is_empty() => labels.join(", "),
        Kind::Date if !value.is_empty() => format::iso_day(&value, at.app.lang()),
        Kind::DateTime if !value.is_empty() => format::iso_moment(&value, at.app.lang()),
        Kind::Time => value.get(..5).unwrap_or_default().to_owned(),
        _ => value,
    }
}

fn widget(at: &At, kind: Kind) -> AnyView {
    let readonly = at.now().is_some_and(|item| item.readonly);
    if readonly && kind != Kind::Note {
        let at = at.clone();
        if kind == Kind::Image {
            return media::shown(&at);
        }
        return view! { <p class="readonly">{move || shown(&at, kind)}</p> }.into_any();
    }
    match kind {
        Kind::Text => text::text(at),
        Kind::Integer => number::number(at, false),
        Kind::Decimal => number::number(at, true),
        Kind::Range => number::range(at),
        Kind::SelectOne => choice::one(at),
        Kind::SelectMultiple => choice::several(at),
        Kind::Rank => choice::rank(at),
        Kind::Acknowledge => choice::acknowledge(at),
        Kind::Date => date::date(at),
        Kind::Time => date::time(at),
        Kind::DateTime => date::date_time(at),
        Kind::Geopoint => place::point(at),
        Kind::Image if at.has_appearance(&["signature", "draw", "annotate"]) => signature::signature(at),
        Kind::Image => media::image(at),
        Kind::Barcode => media::barcode(at),
        Kind::Repeat => repeat::repeat(at),
        Kind::Note | Kind::Group | Kind::Calculate | Kind::Hidden | Kind::Metadata => ().into_any(),
        Kind::Audio | Kind::Video | Kind::File | Kind::Geotrace | Kind::Geoshape => {
            let t = at.app.t();
            view! { <p class="hint">{t.kind_not_here}</p> }.into_any()
        }
    }
}
