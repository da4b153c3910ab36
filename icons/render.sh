#!/usr/bin/env bash
# Renders sanam.svg to the sizes the browser manifest and the Tauri shell ask for. Run by hand after the drawing changes:
# it needs rsvg-convert (Debian: librsvg2-bin), and the results are committed so that no build does.
# icon.ico and icon.icns (Windows, macOS) are made from icon.png by `npx @tauri-apps/cli@2 icon`.
set -euo pipefail
cd "$(dirname "$0")"

render() { rsvg-convert --width "$2" --height "$2" "$1" --output "$3"; }

render sanam.svg 192 sanam-192.png
render sanam.svg 512 sanam-512.png
render sanam.svg 32 32x32.png
render sanam.svg 128 128x128.png
render sanam.svg 256 128x128@2x.png
render sanam.svg 512 icon.png

# A maskable icon fills its square, and only the middle circle (four fifths) is sure to be seen.
maskable=$(mktemp --suffix .svg)
trap 'rm -f "$maskable"' EXIT
sed -e 's/ rx="112"//' -e 's/<g id="drawing">/<g transform="translate(256 256) scale(.74) translate(-256 -256)">/' sanam.svg >"$maskable"
render "$maskable" 512 sanam-maskable-512.png
