//! Questions that are asked again and again: how many there are, one more, one less.

use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::screens::form::question::At;
use crate::strings::fill;
use leptos::prelude::*;

/// The place where instances are added and taken away.
pub fn repeat(at: &At) -> AnyView {
    let t = at.app.t();
    let session = at.session;
    let item = at.item;
    let path = at.path.clone();
    view! {
        {move || {
            let info = item.get().and_then(|item| item.repeat)?;
            let instances = info
                .instances
                .into_iter()
                .zip(1u32..)
                .map(|(instance, number)| {
                    let removable = info.can_remove;
                    let opened = instance.clone();
                    view! {
                        <li class="instance">
                            <button type="button" class="button quiet" on:click=move |_| session.turn_to_place(&opened)>
                                {fill(t.repeat_number, &[&number.to_string()])}
                            </button>
                            {removable
                                .then(|| {
                                    view! {
                                        <Button
                                            label=t.repeat_remove
                                            weight=Weight::Quiet
                                            drawing=Icon::Remove
                                            press=move || session.remove_repeat(&instance)
                                        />
                                    }
                                })}
                        </li>
                    }
                })
                .collect_view();
            let path = path.clone();
            Some(
                view! {
                    <ul class="plain">{instances}</ul>
                    {info
                        .can_add
                        .then(|| {
                            view! {
                                <Button
                                    label=t.repeat_add
                                    drawing=Icon::Plus
                                    press=move || session.add_repeat(&path)
                                />
                            }
                        })}
                },
            )
        }}
    }
    .into_any()
}
