//! The screens: one wasm program for the phone's browser, the installed app and the office.
//!
//! It keeps nothing but what is being typed. Everything else is asked of the store through [`backend`], the only
//! module that knows where the store is. Reading order: [`app`] (what all screens share), [`route`] (which screen an
//! address means), [`screens`], [`components`].

mod app;
mod backend;
mod browser;
mod components;
mod format;
mod position;
mod printer;
mod route;
mod screens;
mod strings;
mod synchronise;

fn main() {
    console_error_panic_hook::set_once();
    leptos::prelude::mount_to_body(app::Root);
}
