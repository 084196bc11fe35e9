#!/usr/bin/env bash
# Builds the standalone server where needed, and starts it on ./data (or DATA_DIR). Arguments go to `buddycloud serve`.
set -eu
cd "$(dirname "$0")/.."
. scripts/console.sh

scripts/build.sh buddycloud
data=${DATA_DIR:-./data}
say "starting the server; its data is in $data; Ctrl-C stops it"
exec ".build/${CONFIGURATION:-release}/buddycloud" serve --data-dir "$data" "$@"
