#!/usr/bin/env bash
# Measures on this machine what it costs to read and to print stanzas, beside expat alone.
set -eu
cd "$(dirname "$0")/.."
. scripts/console.sh

export BENCHMARKS=1
quiet_step "building the benchmark" swift build -c release --product StanzaBench || fail "the benchmark could not be built"
exec .build/release/StanzaBench
