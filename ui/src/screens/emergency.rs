//! The emergency view on a phone.

use crate::app::app;
use crate::components::rescue::EmergencyView;
use crate::components::shell::Shell;
use crate::strings::care::care as words;
use leptos::prelude::*;

/// The screen.
#[component]
pub fn Emergency() -> impl IntoView {
    let t = words(app());
    view! {
        <Shell title=t.emergency>
            <EmergencyView folded=true/>
        </Shell>
    }
}
