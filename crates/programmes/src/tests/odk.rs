//! Every form can leave: as sheets that are the same form again, and as an XForm that ODK's own checker accepts.
//!
//! The checker is a Java program; `.ci/setup.sh forms` fetches it. Without it the test says so and passes.

use super::folders::each_form;
use domain::calc::FUNCTIONS;
use forms::export;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn every_form_survives_its_sheets() {
    each_form(|programme, kind, form, _| {
        let again = forms::import(&export::sheets(form)).unwrap_or_else(|errors| panic!("{errors:#?}")).form;
        assert_eq!(again.to_json(), form.to_json(), "{} {}", programme.id, kind.id);
    });
}

fn validator() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let jar = cache.join("sanam/odk-validate/ODK_Validate.jar");
    jar.is_file().then_some(jar)
}

#[test]
fn every_form_is_accepted_by_odk_validate() {
    let Some(jar) = validator() else {
        println!("skipped: ODK Validate is not here, run .ci/setup.sh forms");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/xforms");
    std::fs::create_dir_all(&folder).unwrap();
    each_form(|programme, kind, form, _| {
        let exported = export::xform(form);
        // Our own functions and warnings stay behind, and that is told, never silent.
        let foreign = form.functions().len();
        assert_eq!(foreign > 0, exported.left_out.iter().any(|message| message.en.contains("function")));
        let said_only = |line: &&str| !line.trim_start().starts_with("<!--");
        let calls = |line: &&str| FUNCTIONS.iter().any(|known| line.contains(&format!("{}(", known.name)));
        let foreign = exported.xml.lines().filter(said_only).find(calls);
        assert_eq!(foreign, None, "{} {}", programme.id, kind.id);
        let file = folder.join(format!("{}-{}.xml", programme.id, kind.id));
        std::fs::write(&file, exported.xml).unwrap();
        let run =
            Command::new("java").arg("-Djava.awt.headless=true").arg("-jar").arg(&jar).arg(&file).output();
        let output = run.unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("Xform is valid"), "{}:\n{said}", file.display());
    });
}
