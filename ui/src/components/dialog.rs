//! A question or a sheet above the screen, on the native `dialog` element: focus stays in it and Escape closes it.

use leptos::html;
use leptos::prelude::*;

/// The switch of a dialog that is about one of the things on a screen: it opens once `about` says which, after `begin`, and what it
/// is about ends when it closes. So the dialog itself stands outside of what a new answer of the store draws anew, and a sync
/// takes away nothing that is being typed.
pub fn open_about<T: Clone + Send + Sync + 'static>(
    about: RwSignal<Option<T>>,
    begin: impl Fn(T) + 'static,
) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    // Each sets the other only where it differs: a signal tells of what it had already, too.
    Effect::new(move |_| {
        if let Some(what) = about.get() {
            begin(what);
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    open
}

/// A dialog that shows while `open` holds.
#[component]
pub fn Dialog(
    /// Whether it shows. Closing it by the keyboard sets this to false.
    open: RwSignal<bool>,
    /// What to do once it was closed by the keyboard or by the phone's own "back", which leaves all its buttons aside.
    #[prop(optional)]
    dismissed: Option<Callback<()>>,
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = open.get();
        if let Some(dialog) = dialog.get() {
            if open && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !open && dialog.open() {
                dialog.close();
            }
        }
    });
    // Closed by us, `open` is false before the browser says so; and it may be open again by then.
    let closed = move || {
        let is_shut = dialog.get_untracked().is_none_or(|dialog| !dialog.open());
        if is_shut && open.try_get_untracked() == Some(true) {
            open.set(false);
            if let Some(dismissed) = dismissed {
                dismissed.run(());
            }
        }
    };
    let children = StoredValue::new(children);
    let title = StoredValue::new(title);
    view! {
        <dialog node_ref=dialog on:close=move |_| closed() aria-label=title.get_value()>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class="sheet">
                                <h2>{title.get_value()}</h2>
                                {children.with_value(|children| children())}
                            </div>
                        }
                    })
            }}
        </dialog>
    }
}
