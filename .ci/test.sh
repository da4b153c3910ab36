#!/usr/bin/env bash
# Every check of the project, on a bare Debian 12 machine: `make test`. Sets up what it needs, runs all checks even
# after one failed, and closes with one line: N passed, N failed.
#
#   .ci/test.sh            everything
#   .ci/test.sh rust       format, lints, documentation, unit, property, world and boundary tests
#   .ci/test.sh browser    the web build, and the flows in Chromium
#   .ci/test.sh window     one flow in the real Tauri window
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. .ci/env.sh 2>/dev/null || true   # PATH only; the web build's own variables are set by .ci/web.sh
unset CARGO_TARGET_DIR RUSTC
logs=target/test-logs
mkdir -p "$logs"
wanted=${1:-all}
passed=0
failed=0
broken=()

wants() { [ "$wanted" = all ] || [ "$wanted" = "$1" ]; }

# Runs a check and counts it: by the closing lines of its test runner where there are any, else as one.
check() {
  local label=$1 log started=$SECONDS status good bad
  shift
  log=$logs/$(echo "$label" | tr -c 'a-z0-9\n' -).log
  printf '%-46s' "$label"
  "$@" >"$log" 2>&1
  status=$?
  # cargo test: "test result: ok. 12 passed; 0 failed; ..."; node --test: "# pass 12" and "# fail 0".
  good=$(sed -nE 's/^test result: .* ([0-9]+) passed; .*/\1/p; s/^(#|ℹ) pass ([0-9]+)$/\2/p' "$log" | paste -sd+ | bc)
  bad=$(sed -nE 's/^test result: .* ([0-9]+) failed; .*/\1/p; s/^(#|ℹ) fail ([0-9]+)$/\2/p' "$log" | paste -sd+ | bc)
  if [ -z "$good" ]; then good=$((status == 0)); bad=$((status != 0)); fi
  if [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; then bad=1; fi
  passed=$((passed + good))
  failed=$((failed + ${bad:-0}))
  echo "$good passed, ${bad:-0} failed   $((SECONDS - started)) s"
  if [ "$status" != 0 ]; then
    broken+=("$log")
    tail -n 60 "$log" | sed 's/^/    /'
  fi
  grep -hE '^[a-z0-9_]+_(pct|bytes|ms|us) ' "$log" 2>/dev/null | sed 's/^/    /'
  return 0
}

needs=(web window)
wants rust && needs+=(forms faults)
wants browser && needs+=(browser)
wants window && needs+=(browser)
[ "$(command -v bc)" ] || { apt-get install -y -q bc >/dev/null 2>&1 || sudo apt-get install -y -q bc >/dev/null; }
for part in $(printf '%s\n' "${needs[@]}" | sort -u); do .ci/setup.sh "$part" || exit 1; done

web() { .ci/web.sh "$@"; }
quiet_doc() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items; }

# Labels on sheets and on a roll, read back by a decoder that is not ours. Nothing is fetched for it: tests/scan/measure.sh
# has put the decoder there, or it is left out.
scanvenv=${SANAM_SCAN_VENV:-$HOME/.cache/sanam/scanvenv}
has_other_decoder() { "$scanvenv/bin/python" -c 'import cv2, zxingcpp' && command -v pdftoppm; }
read_back() {
  local folder status=0
  folder=$(mktemp -d)
  for what in "63.5x38.1 63" "63.5x38.1 42 two" "25 70" "roll-50x30 3" "roll-100x50 3 two"; do
    # shellcheck disable=SC2086
    cargo run --quiet -p scan --features sheets --example sheets -- "$folder" $what \
      && "$scanvenv/bin/python" tests/scan/sheets.py "$folder" || { status=1; echo "not read back: $what"; }
  done
  rm -r "$folder"
  return "$status"
}

# All programs and tests at once, the window among them: what is built together has the same features, so nothing is built twice.
everything=(--workspace --features sanam-app/custom-protocol)
build_everything() { cargo build --quiet "${everything[@]}" --lib --bins --tests --examples; }

# The window's build script wants the folder that the web build fills.
mkdir -p ui/dist && { [ -e ui/dist/index.html ] || echo '<!doctype html>' >ui/dist/index.html; }
if wants rust; then
  check "format" cargo fmt --all --check
  check "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
  check "lints for the browser" web clippy -p ui -p ui-worker -p ui-scan-worker --profile web-dev --quiet -- -D warnings
  check "documentation" quiet_doc
fi
if wants browser || wants window; then check "web build" node ui/build.mjs; fi
check "building programs and tests" build_everything
export SANAM_TOOLS_BUILT=1
if wants rust; then
  check "unit, property, world and boundary tests" cargo test "${everything[@]}" --no-fail-fast
  if has_other_decoder >/dev/null 2>&1; then check "labels read back by zxing-cpp" read_back; fi
fi
if wants browser; then check "flows in Chromium" node --test --test-concurrency=1 tests/browser/; fi
if wants window; then check "flow in the Tauri window" node --test tests/window/; fi

[ ${#broken[@]} = 0 ] || printf 'see %s\n' "${broken[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
