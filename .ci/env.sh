# The environment of the browser build. Source it in a subshell, because RUSTC and CARGO_TARGET_DIR would disturb a native
# build:   ( . .ci/env.sh && "$WEB_CARGO" check -p store --target wasm32-unknown-unknown )
# `.ci/web.sh` does just that. Returns 1, with a reason, when `.ci/setup.sh web` has not run.
#
# It sets   WEB_CARGO      the cargo that has a std for wasm32
#           RUSTC          only when that is Debian's compiler
#           WASM_BINDGEN   the command of exactly the locked version
#           CC_wasm32_unknown_unknown, AR_wasm32_unknown_unknown   the C compiler for SQLite
#           CARGO_TARGET_DIR   target/web, away from the native build: its own lock, and perhaps another compiler
#
# SANAM_WEB_RUST=debian takes Debian's compiler even where rustup has the target (a test of that way).

sanam_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SANAM_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sanam
PATH=$HOME/.cargo/bin:$SANAM_CACHE/tauri-driver/bin:$PATH
export PATH SANAM_CACHE

# Prints the version of wasm-bindgen that Cargo.lock holds; the command must be of the same version to the digit.
sanam_wasm_bindgen_version() {
  sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;q}' "$sanam_root/Cargo.lock"
}

# True when the compiler $1 has a standard library for the browser.
sanam_has_wasm_std() {
  local sysroot
  sysroot=$("$1" --print sysroot 2>/dev/null) || return 1
  compgen -G "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null
}

# Prints the suffix ("-22", or nothing) of a clang that compiles for wasm32 and has its llvm-ar beside it.
sanam_clang_suffix() {
  local suffix
  for suffix in -22 -21 -20 -19 -18 -17 -16 ""; do
    command -v "clang$suffix" "llvm-ar$suffix" >/dev/null || continue
    [ "$(command -v "clang$suffix" "llvm-ar$suffix" | wc -l)" = 2 ] || continue
    echo 'int one;' | "clang$suffix" --target=wasm32-unknown-unknown -x c -c -o /dev/null - 2>/dev/null || continue
    echo "$suffix"
    return 0
  done
  return 1
}

# Prints the path of a wasm-bindgen of the locked version.
sanam_wasm_bindgen() {
  local version candidate
  version=$(sanam_wasm_bindgen_version)
  for candidate in "$(command -v wasm-bindgen)" "$SANAM_CACHE/wasm-bindgen-$version/bin/wasm-bindgen"; do
    [ -x "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "wasm-bindgen $version" ] && echo "$candidate" && return 0
  done
  return 1
}

sanam_web_env() {
  local suffix
  if [ "${SANAM_WEB_RUST:-}" != debian ] && sanam_has_wasm_std rustc; then
    WEB_CARGO=cargo
    unset RUSTC
  elif sanam_has_wasm_std /usr/bin/rustc; then
    WEB_CARGO=/usr/bin/cargo
    export RUSTC=/usr/bin/rustc
  else
    echo "no Rust standard library for wasm32-unknown-unknown: run .ci/setup.sh web" >&2
    return 1
  fi
  suffix=$(sanam_clang_suffix) || { echo "no clang that compiles for wasm32: run .ci/setup.sh web" >&2; return 1; }
  WASM_BINDGEN=$(sanam_wasm_bindgen) || {
    echo "no wasm-bindgen $(sanam_wasm_bindgen_version): run .ci/setup.sh web" >&2
    return 1
  }
  export WEB_CARGO WASM_BINDGEN
  export CC_wasm32_unknown_unknown=clang$suffix AR_wasm32_unknown_unknown=llvm-ar$suffix
  export CARGO_TARGET_DIR=$sanam_root/target/web
}

# setup.sh wants only the functions.
[ "${SANAM_ENV_FUNCTIONS_ONLY:-}" = 1 ] || sanam_web_env
