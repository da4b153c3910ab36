//! What the window may use of the device: the camera for scanning and photos, and the position. Nothing else.

use tauri::webview::{PermissionKind, PermissionResponse};
use tauri::{AppHandle, Manager};

/// Answers the window's request. On a phone the system asks the person besides.
pub fn answer(kind: PermissionKind) -> PermissionResponse {
    match kind {
        PermissionKind::Camera | PermissionKind::Geolocation => PermissionResponse::Allow,
        _ => PermissionResponse::Deny,
    }
}

/// WebKitGTK offers pages no camera at all until it is told to.
#[cfg(target_os = "linux")]
pub fn let_the_window_use_the_camera(app: &AppHandle) {
    use webkit2gtk::{SettingsExt, WebViewExt};
    let Some(window) = app.get_webview_window("main") else { return };
    // Without a camera the scanner takes a picture file, so a failure here ends nothing.
    let _ = window.with_webview(|webview| {
        if let Some(settings) = WebViewExt::settings(&webview.inner()) {
            settings.set_enable_media_stream(true);
        }
    });
}

/// Other windows offer it by themselves.
#[cfg(not(target_os = "linux"))]
pub fn let_the_window_use_the_camera(_app: &AppHandle) {}
