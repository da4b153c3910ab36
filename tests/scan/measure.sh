#!/bin/sh
# Reads labelled pictures with ours and with zxing-cpp in one run, prints right, wrong and CPU time per folder, prints
# sheets of labels and reads them back, and adds the figures to target/bench.json.
#
#   tests/scan/measure.sh [LIST]
#
# LIST is a tab separated list of pictures (set, kind, path beside the list, format, text as JSON), for instance of real
# photographs. Without it the 560 hard pictures are drawn, where their generator lies beside this repository, and else
# only what is drawn here is measured: dirty labels, pictures as a phone takes them, camera frames, hostile stills.
# Needs python3 with venv, PyPI once, and pdftoppm (poppler-utils) to read sheets back.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
list=${1:-}
venv=${SANAM_SCAN_VENV:-$HOME/.cache/sanam/scanvenv}
target=${CARGO_TARGET_DIR:-$root/target}
generator=$root/../shared/scanning/qrgen.py

if ! "$venv/bin/python" -c 'import barcode, cv2, numpy, PIL, segno, zxingcpp' 2>/dev/null; then
    echo "scan: setting up zxing-cpp and the drawing tools from PyPI"
    if ! python3 -m venv "$venv" 2>/dev/null; then
        apt-get install -y -q python3-venv >/dev/null && python3 -m venv "$venv"
    fi
    "$venv/bin/pip" install --quiet numpy opencv-python-headless pillow python-barcode segno zxing-cpp
fi
command -v pdftoppm >/dev/null || apt-get install -y -q poppler-utils >/dev/null || true

(cd "$root" && cargo build --quiet --release -p scan --features sheets --examples)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
"$venv/bin/python" "$here/dirty.py" "$work"
"$venv/bin/python" "$here/photos.py" "$work"
if [ -z "$list" ] && [ -e "$generator" ]; then
    "$venv/bin/python" "$generator" "$work" >/dev/null
    list=$work/synth.tsv
fi
"$venv/bin/python" "$here/measure.py" "$target/release/examples" "$root/target/bench.json" "$work" $list
