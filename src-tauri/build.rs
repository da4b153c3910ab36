//! Tells the window library which commands exist, so that no page may call another.

use std::error::Error;
use std::path::Path;

/// The built screens, which go into the binary.
const SCREENS: &str = "../ui/dist";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={SCREENS}");
    if !Path::new(SCREENS).join("index.html").exists() {
        return Err("ui/dist is missing; build the screens first: node ui/build.mjs".into());
    }
    let commands = tauri_build::AppManifest::new().commands(&["call"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}
