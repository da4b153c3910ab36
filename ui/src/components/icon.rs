//! Line drawings for buttons, in the colour of the text around them. Always beside a word, never instead of one.

use leptos::prelude::*;

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Back.
    Back,
    /// The camera's code frame.
    Scan,
    /// Search.
    Search,
    /// Exchange with the office.
    Sync,
    /// Done.
    Check,
    /// Attention.
    Warning,
    /// A photo.
    Camera,
    /// A picture file.
    Picture,
    /// A map.
    Map,
    /// A pen.
    Edit,
    /// The past.
    Clock,
    /// A question.
    Question,
    /// Settings.
    Settings,
    /// The next one.
    Next,
    /// Not possible.
    Blocked,
    /// A light.
    Torch,
    /// A label.
    Label,
    /// Add.
    Plus,
    /// One less.
    Minus,
    /// A sheet of questions.
    Sheet,
    /// A file goes to the office.
    Upload,
    /// A file comes from the office.
    Download,
    /// Take away.
    Remove,
    /// Call.
    Phone,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Back => "M15 5l-7 7 7 7",
            Icon::Scan => {
                "M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4M4 12h16"
            }
            Icon::Search => "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
            Icon::Sync => "M5 10a7 7 0 0 1 12-3l2 2M19 4v5h-5M19 14a7 7 0 0 1-12 3l-2-2M5 20v-5h5",
            Icon::Check => "M4 12.5l5.5 5.5L20 7",
            Icon::Warning => "M12 4L2.5 20h19zM12 10v4.5M12 17.2v.3",
            Icon::Camera => "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
            Icon::Picture => "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.2v.1",
            Icon::Map => {
                "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 7.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z"
            }
            Icon::Edit => "M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3",
            Icon::Clock => "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.5l3 2",
            Icon::Question => {
                "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8v.2"
            }
            Icon::Settings => {
                "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2"
            }
            Icon::Next => "M9 5l7 7-7 7",
            Icon::Blocked => "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM6.2 6.2l11.6 11.6",
            Icon::Torch => "M8 3h8v4l-2 3v11h-4V10L8 7zM8 7h8M12 13v2",
            Icon::Label => "M4 4h8l8 8-8 8-8-8zM8 8v.1",
            Icon::Plus => "M12 5v14M5 12h14",
            Icon::Minus => "M5 12h14",
            Icon::Sheet => "M6 3h9l4 4v14H6zM9 10h7M9 14h7M9 18h4",
            Icon::Upload => "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
            Icon::Download => "M12 4v12M7 11l5 5 5-5M4 16v4h16v-4",
            Icon::Remove => "M6 6l12 12M18 6L6 18",
            Icon::Phone => {
                "M6 3h3.5l1.5 5-2.2 1.6a12 12 0 0 0 5.6 5.6L16 13l5 1.5V18a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z"
            }
        }
    }
}

/// Draws an icon. It is hidden from screen readers: the word beside it says the same.
pub fn icon(which: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=which.path()></path>
        </svg>
    }
}
