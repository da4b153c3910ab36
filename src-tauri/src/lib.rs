//! The installed app: one window with the same screens as the browser, and the store behind it.
//!
//! It is a thin door. The page calls one command, `call`, with the JSON text of a request, and gets the JSON text of
//! the answer; what nobody asked for comes as the event `sanam`. Both are spoken by the `door` crate, which the
//! browser's worker shares. The store is one SQLite file in the app's data folder (`SANAM_DIR` names another), and a
//! thread of its own makes the calls to the server, so that the window never waits for a network.

mod desk;
mod network;
mod permissions;

use desk::Desk;
use domain::problem::Problem;
use std::path::PathBuf;
use std::sync::Arc;
use tauri::{AppHandle, Emitter, Manager, State};

/// Starts the app and returns when its window is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let built = tauri::Builder::default()
        .setup(|app| {
            let handle = app.handle().clone();
            let tell = move |event| {
                // A window that is just closing hears no more; nothing is lost by that.
                let _ = handle.emit("sanam", event);
            };
            app.manage(Desk::open(folder(app.handle()), tell));
            permissions::let_the_window_use_the_camera(app.handle());
            Ok(())
        })
        .on_permission_request(|_, kind| permissions::answer(kind))
        .invoke_handler(tauri::generate_handler![call])
        .run(tauri::generate_context!());
    if let Err(error) = built {
        tell_the_terminal(&error);
        std::process::exit(1);
    }
}

/// Answers a request: JSON text in, JSON text of `{"ok": Reply}` or `{"problem": Problem}` out.
#[tauri::command]
async fn call(request: String, desk: State<'_, Arc<Desk>>) -> Result<String, String> {
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let desk = Arc::clone(&desk);
    // Neither the window's thread nor the runtime's may stand still for a disk.
    tauri::async_runtime::spawn_blocking(move || {
        desk.ask(tell, &request);
        told.recv().map_err(|_| "the desk is closed".to_owned())
    })
    .await
    .unwrap_or_else(|error| Err(error.to_string()))
}

#[expect(clippy::print_stderr, reason = "there is no window to say it in")]
fn tell_the_terminal(error: &tauri::Error) {
    eprintln!("sanam-app: the window could not be opened: {error}");
}

/// Where this device keeps its data.
fn folder(app: &AppHandle) -> Result<PathBuf, Problem> {
    if let Some(folder) = std::env::var_os("SANAM_DIR") {
        return Ok(PathBuf::from(folder));
    }
    app.path()
        .app_data_dir()
        .map_err(|error| Problem::new(domain::problem::Code::StoreUnavailable).about(error))
}
