//! The pages of a record without their words: cheap enough to ask for after every answer, whatever the form's length.

use super::view::Entry;
use super::{Filling, places};
use crate::definition::Kind;
use crate::tree::NOBODY;
use crate::xpath::analysis::Outline;

/// A page of [`Filling::pages`], by the places that are on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOutline {
    /// Path of the group, repeat instance or form around it, for [`Filling::heading`].
    pub holder: String,
    /// What is on it, in order.
    pub places: Vec<Place>,
}

/// One thing on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path, for [`Filling::item`] and [`Filling::set`].
    pub path: String,
    /// What it is, as [`crate::Item::kind`] says.
    pub kind: Kind,
    /// Only shown, not answered.
    pub readonly: bool,
}

/// What stands above the questions of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// Label of the nearest group or repeat that has one, with the number of the instance.
    pub title: String,
    /// That group's word of help.
    pub hint: String,
}

impl Filling {
    /// The pages of now, in order, as [`Filling::pages`] draws them.
    pub fn outline(&self) -> Vec<PageOutline> {
        let place = |entry: &Entry| match entry {
            Entry::Node(node) => {
                let definition = self.tree.get(*node).map_or(NOBODY, |found| found.definition);
                let kind = self.form.kind(definition);
                let heading = matches!(kind, Kind::Group | Kind::Repeat);
                Place {
                    path: places::path_of(&self.form, &self.tree, *node),
                    kind: if heading { Kind::Group } else { kind },
                    readonly: heading || self.is_readonly(*node),
                }
            }
            Entry::Repeat(parent, definition) => {
                let above = places::path_of(&self.form, &self.tree, *parent);
                let name = Outline::name(self.form.as_ref(), *definition);
                Place { path: format!("{above}/{name}"), kind: Kind::Repeat, readonly: false }
            }
        };
        let page = |page: &super::view::Layout| PageOutline {
            holder: places::path_of(&self.form, &self.tree, page.holder),
            places: page.entries.iter().map(place).collect(),
        };
        self.layout().iter().map(page).collect()
    }

    /// What stands above the questions of a page, by its [`PageOutline::holder`].
    pub fn heading(&self, holder: &str) -> Heading {
        let mut at = match self.find(holder) {
            Ok(places::Spot::Node(node)) => Some(node),
            _ => None,
        };
        while let Some(node) = at.filter(|node| *node != 0 && *node != self.top()) {
            let definition = self.tree.get(node).map_or(NOBODY, |found| found.definition);
            if let Some(described) = self.form.node(definition)
                && matches!(described.kind, Kind::Group | Kind::Repeat)
            {
                let mut title = self.say(&described.label, node);
                if !title.is_empty() {
                    if described.kind == Kind::Repeat {
                        title = format!("{title} ({})", places::number_of(&self.tree, node));
                    }
                    return Heading { title, hint: self.say(&described.hint, node) };
                }
            }
            at = self.tree.parent(node);
        }
        Heading::default()
    }
}
