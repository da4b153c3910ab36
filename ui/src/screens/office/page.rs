//! The pages of the office, their addresses, and the frame of each: a heading that takes the keyboard, and its content.

use crate::app::app;
use crate::route::{self, Route};
use domain::ids::RecordId;
use leptos::html;
use leptos::prelude::*;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Page {
    /// The day's visits.
    #[default]
    Today,
    /// Rounds and their cycles.
    Rounds,
    /// Whose hands money is in.
    Money,
    /// The registry, with one subject open or none.
    Registry(Option<RecordId>),
    /// Orders, with one open or none.
    Orders(Option<RecordId>),
    /// What citizens sent.
    Citizens,
    /// Questions.
    Questions,
    /// Labels for the printer, of one subject or as chosen there.
    Labels(Option<RecordId>),
    /// Labels of what is ticked in the registry.
    LabelsOfTicked,
    /// Who needs help first.
    Emergency,
    /// Monthly reports.
    Reports,
    /// Devices.
    Devices,
    /// A new device.
    Enrolment,
    /// What was refused.
    Refused,
    /// The forms.
    Forms,
    /// A programme from above, with its map.
    Overview,
    /// Who is told of what.
    Notify,
    /// Who is signed in.
    Account,
}

impl Page {
    /// Which page an address means. A card of the phone's screens is the subject in the registry.
    pub fn of(route: &Route) -> Page {
        let Route::Office(rest) = route else {
            return match route {
                Route::Card(id) | Route::History(id) | Route::Edit(id) => Page::Registry(Some(*id)),
                Route::Search => Page::Registry(None),
                Route::Orders => Page::Orders(None),
                Route::Order(id) => Page::Orders(Some(*id)),
                Route::Questions => Page::Questions,
                Route::Refused => Page::Refused,
                Route::Emergency => Page::Emergency,
                _ => Page::Today,
            };
        };
        let parts: Vec<&str> = rest.split('/').collect();
        match parts.as_slice() {
            ["rounds"] => Page::Rounds,
            ["money"] => Page::Money,
            ["registry"] => Page::Registry(None),
            ["registry", id] => Page::Registry(id.parse().ok()),
            ["orders"] => Page::Orders(None),
            ["orders", id] => Page::Orders(id.parse().ok()),
            ["citizens"] => Page::Citizens,
            ["questions"] => Page::Questions,
            ["labels"] => Page::Labels(None),
            ["labels", "ticked"] => Page::LabelsOfTicked,
            ["labels", id] => Page::Labels(id.parse().ok()),
            ["emergency"] => Page::Emergency,
            ["reports"] => Page::Reports,
            ["devices"] => Page::Devices,
            ["enrolment"] => Page::Enrolment,
            ["refused"] => Page::Refused,
            ["forms"] => Page::Forms,
            ["map"] => Page::Overview,
            ["notify"] => Page::Notify,
            ["account"] => Page::Account,
            _ => Page::Today,
        }
    }

    /// The page's address.
    pub fn hash(self) -> String {
        let rest = match self {
            Page::Today => "today".to_owned(),
            Page::Rounds => "rounds".to_owned(),
            Page::Money => "money".to_owned(),
            Page::Registry(None) => "registry".to_owned(),
            Page::Registry(Some(id)) => format!("registry/{id}"),
            Page::Orders(None) => "orders".to_owned(),
            Page::Orders(Some(id)) => format!("orders/{id}"),
            Page::Citizens => "citizens".to_owned(),
            Page::Questions => "questions".to_owned(),
            Page::Labels(None) => "labels".to_owned(),
            Page::Labels(Some(id)) => format!("labels/{id}"),
            Page::LabelsOfTicked => "labels/ticked".to_owned(),
            Page::Emergency => "emergency".to_owned(),
            Page::Reports => "reports".to_owned(),
            Page::Devices => "devices".to_owned(),
            Page::Enrolment => "enrolment".to_owned(),
            Page::Refused => "refused".to_owned(),
            Page::Forms => "forms".to_owned(),
            Page::Overview => "map".to_owned(),
            Page::Notify => "notify".to_owned(),
            Page::Account => "account".to_owned(),
        };
        Route::Office(rest).hash()
    }

    /// Opens the page.
    pub fn open(self) {
        let _ = window().location().set_hash(&self.hash());
    }

    /// Opens the page in the place of this one.
    pub fn replace(self) {
        route::replace(&Page::route(self));
    }

    fn route(page: Page) -> Route {
        Route::Office(page.hash().trim_start_matches("#/office/").to_owned())
    }

    /// Says whether both are the same entry of the menu.
    pub fn same_section(self, other: Page) -> bool {
        let entry = |page: Page| match page {
            Page::LabelsOfTicked => Page::Labels(None),
            page => page,
        };
        std::mem::discriminant(&entry(self)) == std::mem::discriminant(&entry(other))
    }
}

/// The frame of a page.
#[component]
pub fn Framed(
    /// The heading.
    title: &'static str,
    /// What the page is for, in one sentence.
    #[prop(optional)]
    lead: &'static str,
    /// What stands beside the heading.
    #[prop(optional, into)]
    beside: Option<AnyView>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let app = app();
    let heading = NodeRef::<html::H1>::new();
    // A screen reader hears which page this is, and the keyboard starts at its top.
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
            window().scroll_to_with_x_and_y(0.0, 0.0);
            document().set_title(&format!("{title} · {}", app.t().app_name));
        }
    });
    view! {
        <div class="office-head">
            <div>
                <h1 tabindex="-1" node_ref=heading>{title}</h1>
                {(!lead.is_empty()).then(|| view! { <p class="office-lead">{lead}</p> })}
            </div>
            {beside}
        </div>
        {children()}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_address() {
        let id = RecordId::new(1, [7; 10]);
        for page in [
            Page::Today,
            Page::Rounds,
            Page::Money,
            Page::Registry(None),
            Page::Registry(Some(id)),
            Page::Orders(None),
            Page::Orders(Some(id)),
            Page::Citizens,
            Page::Questions,
            Page::Labels(None),
            Page::Labels(Some(id)),
            Page::LabelsOfTicked,
            Page::Emergency,
            Page::Reports,
            Page::Devices,
            Page::Enrolment,
            Page::Refused,
            Page::Forms,
            Page::Overview,
            Page::Notify,
            Page::Account,
        ] {
            assert_eq!(Page::of(&Route::parse(&page.hash())), page, "{}", page.hash());
        }
        assert_eq!(Page::of(&Route::Office("registry/nonsense".into())), Page::Registry(None));
        assert_eq!(Page::of(&Route::Card(id)), Page::Registry(Some(id)));
    }
}
