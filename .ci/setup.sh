#!/usr/bin/env bash
# Makes a bare Debian 12 machine (root or sudo, a Rust toolchain, Node.js and npm) able to build and test Sanam.
#
#   .ci/setup.sh web       what ui/build.mjs needs: a Rust std for wasm32, clang, wasm-bindgen, the npm packages
#   .ci/setup.sh browser   what browser tests need: Chromium, a PDF reader, a Thai font, the npm packages
#   .ci/setup.sh forms     what checks what is exported: ODK Validate (a jar inside the PyPI package pyxform), Java, FHIR readers
#   .ci/setup.sh faults    what the fault harnesses need: strace to record and to disturb what a process writes
#   .ci/setup.sh window    what the Tauri shell and its tests need: GTK and WebKit, their driver, a virtual display
#
# Running it again is quick and harmless. Each step that takes over two seconds prints a line.
# Only package registries are used: Debian, crates.io, npm, PyPI, and rustup's server where it can be reached.
set -euo pipefail

SANAM_ENV_FUNCTIONS_ONLY=1
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$sanam_root"
mkdir -p "$SANAM_CACHE"
log=$SANAM_CACHE/setup.log
tauri_driver_version=2

# Runs a step whose output matters only when it fails; says how long it took when a person would have noticed.
step() {
  local label=$1 started=$SECONDS
  shift
  if ! "$@" >"$log" 2>&1; then
    echo "setup: $label: FAILED, the end of $log says:" >&2
    tail -n 30 "$log" >&2
    return 1
  fi
  if [ $((SECONDS - started)) -gt 2 ]; then echo "setup: $label: $((SECONDS - started)) s"; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  local options=(-y --no-install-recommends -o DPkg::Lock::Timeout=600)
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" && return
  # A bare image has no package lists, and old lists name files that are gone.
  as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
}

# Installs those of the named Debian packages that are missing.
debian() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "setup: installing ${missing[*]}"
  step "apt-get install" apt_install "${missing[@]}"
}

# Debian packages no std for the browser, so it is built once with the compiler's own sources and put beside the others.
build_debian_std() {
  local empty=$SANAM_CACHE/wasm-std sysroot
  sysroot=$(/usr/bin/rustc --print sysroot)
  rm -rf "$empty" && mkdir -p "$empty/src" && : >"$empty/src/lib.rs"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\npanic = "abort"\n' >"$empty/Cargo.toml"
  (cd "$empty" && env -u CARGO_BUILD_TARGET RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$empty/target" \
    /usr/bin/cargo build --release -Z build-std=std,panic_abort --target wasm32-unknown-unknown) || return
  rm -f "$empty"/target/wasm32-unknown-unknown/release/deps/libempty-*.rlib
  as_root mkdir -p "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" || return
  as_root cp "$empty"/target/wasm32-unknown-unknown/release/deps/*.rlib "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/" || return
  rm -rf "$empty"
}

wasm_std() {
  if [ "${SANAM_WEB_RUST:-}" != debian ]; then
    sanam_has_wasm_std rustc && return
    # rustup's server cannot be reached from every machine.
    if command -v rustup >/dev/null && step "rustup target add" timeout 180 rustup target add wasm32-unknown-unknown 2>/dev/null; then
      sanam_has_wasm_std rustc && return
    fi
    echo "setup: rustup has no wasm32 target here, taking Debian's compiler"
  fi
  debian rustc-web cargo-web rust-web-src rust-web-llvm lld-22
  sanam_has_wasm_std /usr/bin/rustc || step "building std for wasm32" build_debian_std
}

# The program with which ODK checks forms. Its newest version stands in the package `pyxform`; nothing of it is installed.
odk_validate() {
  local folder=$SANAM_CACHE/odk-validate
  [ -e "$folder/ODK_Validate.jar" ] && return
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || debian python3-pip
  mkdir -p "$folder"
  step "ODK Validate" python3 -m pip download --quiet --no-deps --dest "$folder" "pyxform==4.5.0" || return
  python3 - "$folder" <<'END'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("pyxform-*.whl"))) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith("ODK_Validate.jar"))
    (folder / "ODK_Validate.jar").write_bytes(wheel.read(name))
END
}

# Two independent readers of FHIR: one checks types and cardinalities of R4B, the other of R4. Kept away from the system's Python.
fhir_readers() {
  local folder=$SANAM_CACHE/fhir
  [ -e "$folder/.whole" ] && return
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || debian python3-pip
  step "FHIR readers" python3 -m pip install --quiet --target "$folder" "fhir.resources==8.3.0" "fhirclient==4.4.0" || return
  touch "$folder/.whole"
}

# Not called `clang`, because the function would hide the command it asks about.
c_compiler() {
  sanam_clang_suffix >/dev/null || debian clang-22 llvm-22
}

# Builds a command from crates.io away from our own target folder, so that neither waits for the other.
cargo_install() {
  local root=$1
  shift
  (cd "$SANAM_CACHE" && CARGO_TARGET_DIR="$SANAM_CACHE/cargo-install" cargo install --root "$root" "$@")
}

wasm_bindgen() {
  local version
  version=$(sanam_wasm_bindgen_version)
  sanam_wasm_bindgen >/dev/null && return
  echo "setup: building wasm-bindgen $version (about two minutes)"
  # Without --locked, because a lagging mirror may lack one of the exact versions.
  # It runs for seconds and is built for minutes: little optimisation is the quicker whole.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 step "wasm-bindgen $version" cargo_install "$SANAM_CACHE/wasm-bindgen-$version" wasm-bindgen-cli --version "$version"
}

tauri_driver() {
  command -v tauri-driver >/dev/null || [ -x "$SANAM_CACHE/tauri-driver/bin/tauri-driver" ] && return
  echo "setup: building tauri-driver (about a minute)"
  step "tauri-driver" cargo_install "$SANAM_CACHE/tauri-driver" tauri-driver --version "^$tauri_driver_version"
}

node_packages() {
  command -v npm >/dev/null || { echo "setup: Node.js and npm are needed" >&2; return 1; }
  local stamp=node_modules/.sanam-lock
  cmp -s package-lock.json "$stamp" && return
  step "npm ci" npm ci --no-audit --no-fund
  cp package-lock.json "$stamp"
}

[ $# -gt 0 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
for part in "$@"; do
  case $part in web | browser | window | forms | faults) ;; *) echo "setup: no such part: $part (web, browser, window, forms, faults)" >&2; exit 2 ;; esac
done

# Two test runs may start together; the second waits and then finds everything there.
exec 9>"$SANAM_CACHE/setup.lock"
flock 9

for part in "$@"; do
  case $part in
  web)
    wasm_std
    c_compiler
    wasm_bindgen
    node_packages
    ;;
  browser)
    debian chromium poppler-utils fonts-thai-tlwg fonts-noto-color-emoji
    node_packages
    ;;
  forms)
    command -v java >/dev/null || debian default-jre-headless
    odk_validate
    fhir_readers
    ;;
  faults)
    debian strace procps
    ;;
  window)
    debian build-essential pkg-config libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev webkit2gtk-driver xvfb xauth dbus fonts-thai-tlwg fonts-noto-color-emoji
    tauri_driver
    node_packages
    ;;
  esac
done
