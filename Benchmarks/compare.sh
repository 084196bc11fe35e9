#!/usr/bin/env bash
# Builds the optimised edge and measures it on this machine, beside Pushpin and Nchan where they are installed
# (apt-get install pushpin condure zurl, and nginx libnginx-mod-nchan). Arguments go to compare.py: see --help.
set -eu
cd "$(dirname "$0")/.."
. scripts/console.sh

scripts/build.sh fanout fanout-edge
ulimit -n "$(ulimit -Hn)"
say "measuring; quiet the machine first, for its other work counts as the servers' time"
exec python3 Benchmarks/compare.py "$@"
