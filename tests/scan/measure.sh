#!/bin/sh
# Reads labelled pictures with ours and with zxing-cpp in one run, prints right, wrong and CPU time per folder, and
# writes the figures into target/bench-scan.json.
#
#   tests/scan/measure.sh [LIST]
#
# LIST is a tab separated list of pictures (set, kind, path beside the list, format, text as JSON), for instance of
# real photographs or the 560 hard pictures; without it only what is drawn here is measured: dirty labels, a camera
# frame of 720p, and hostile stills. Needs python3 with venv, and PyPI once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
list=${1:-}
venv=${SANAM_SCAN_VENV:-$HOME/.cache/sanam/scanvenv}
target=${CARGO_TARGET_DIR:-$root/target}

if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet numpy opencv-python-headless segno zxing-cpp
fi
(cd "$root" && cargo build --quiet --release -p scan --example measure)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
"$venv/bin/python" "$here/dirty.py" "$work"
"$venv/bin/python" "$here/measure.py" "$target/release/examples/measure" "$root/target/bench-scan.json" "$work/dirty.tsv" $list
