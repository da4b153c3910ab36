#!/usr/bin/env bash
# Runs cargo in the environment of the browser build, from anywhere:
#   .ci/web.sh check -p store            (the target is added)
#   .ci/web.sh build -p ui-worker --profile web-dev
#   .ci/web.sh --env                     prints that environment, NUL between lines, for ui/build.mjs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
[ "${1:-}" = --env ] && exec env -0
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
command=$1
shift
exec "$WEB_CARGO" "$command" --target wasm32-unknown-unknown "$@"
