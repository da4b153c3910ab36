//! One question: its label, a word of help, the widget for its kind, and what is wrong or odd about the answer.

use crate::app::App;
use crate::components::icon::{Icon, icon};
use crate::screens::form::session::Session;
use crate::screens::form::widgets::{choice, date, media, number, place, repeat, text};
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
    let id = at.id();
    if kind == Kind::Group {
        let at = at.clone();
        return view! { <h3 class="group">{move || marked(&label(&at))}</h3> }.into_any();
    }
    let error = Memo::new(move |_| item.with(|item| item.as_ref().and_then(|item| session.error(item))));
    let warning = Memo::new(move |_| item.with(|item| item.as_ref().and_then(|item| session.warning(item))));
    let (error_id, label_id) = (format!("{id}-error"), format!("{id}-label"));
    let described_by = error_id.clone();
    let (labelled, hinted, asked) = (at.clone(), at.clone(), at.clone());
    let required =
        item.with_untracked(|item| item.as_ref().is_some_and(|item| item.required && !item.readonly));
    // One input takes the label itself; several take it as the name of their group.
    let single = matches!(kind, Kind::Text | Kind::Integer | Kind::Decimal | Kind::Barcode | Kind::Time);
    let heading = view! {
        {move || marked(&label(&labelled))}
        {required.then(|| view! { <span class="required">" *"<span class="visually-hidden">{app.t().required}</span></span> })}
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
            {move || {
                let hint = hinted.item.with(|item| item.as_ref().map_or(String::new(), |item| item.hint.clone()));
                (!hint.is_empty()).then(|| view! { <p class="hint">{marked(&hint)}</p> })
            }}
            {widget(&asked, kind)}
            <div id=error_id class="said">
                {move || error.get().map(|error| view! { <p class="wrong" role="alert">{icon(Icon::Warning)}{error}</p> })}
                {move || {
                    warning.get().map(|warning| view! { <p class="odd" role="status">{icon(Icon::Warning)}{warning}</p> })
                }}
            </div>
        </div>
    }
    .into_any()
}

fn label(at: &At) -> String {
    at.item.with(|item| item.as_ref().map_or(String::new(), |item| item.label.clone()))
}

/// An answer that is only shown: a choice by its label.
fn shown(at: &At) -> String {
    let labels = at.item.with(|item| {
        let options = item.iter().flat_map(|item| &item.options);
        options.filter(|option| option.selected).map(|option| option.label.clone()).collect::<Vec<_>>()
    });
    if labels.is_empty() { at.value() } else { labels.join(", ") }
}

fn widget(at: &At, kind: Kind) -> AnyView {
    let readonly = at.now().is_some_and(|item| item.readonly);
    if readonly && kind != Kind::Note {
        let at = at.clone();
        return view! { <p class="readonly">{move || shown(&at)}</p> }.into_any();
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

/// Draws light markdown: `**bold**`, headings as bold, line breaks. Everything else is shown as it is written.
pub fn marked(text: &str) -> AnyView {
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            let heading = line.starts_with('#');
            let line = line.trim_start_matches('#').trim_start();
            let parts = line
                .split("**")
                .enumerate()
                .map(|(part, words)| {
                    let words = words.to_owned();
                    if heading || part % 2 == 1 {
                        view! { <b>{words}</b> }.into_any()
                    } else {
                        words.into_any()
                    }
                })
                .collect_view();
            view! {
                {(at > 0).then(|| view! { <br/> })}
                {parts}
            }
        })
        .collect_view()
        .into_any()
}
