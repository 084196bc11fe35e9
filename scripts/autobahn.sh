#!/bin/sh
# Runs Autobahn's WebSocket cases (the fuzzing client, 0.8.2) against fanout-edge in front of an echo server, with and
# without compression, and says what did not pass. Reports: .build/autobahn/reports.
#
#   scripts/autobahn.sh [path of fanout-edge] [cases, such as '"9.*","12.1.*"']
#
# Needs a Python 2.7 with pip (PYTHON27; ~/.pyenv/versions/2.7.18 is looked at).
set -eu
cd "$(dirname "$0")/.."
edge=$(realpath "${1:-.build/debug/fanout-edge}")
cases=${2:-'"*"'}
python27=${PYTHON27:-$HOME/.pyenv/versions/2.7.18/bin/python2.7}
work=${AUTOBAHN_DIR:-$PWD/.build/autobahn}
mkdir -p "$work"
cd "$work"
if [ ! -e suite/zope/__init__.py ]; then
  "$python27" -m pip install --quiet --target suite autobahntestsuite==0.8.2
  # Masks and checks text in C: an hour less. The suite does without where it cannot be built.
  "$python27" -m pip install --quiet --target suite wsaccel==0.6.2 || true
  touch suite/zope/__init__.py
fi

cat > wstest.py <<'PYTHON'
import sys
from autobahntestsuite.wstest import run
run()
PYTHON

cat > summary.py <<'PYTHON'
import collections
import json
import sys
results = json.load(open(sys.argv[1] + "/index.json"))["edge"]
counts = collections.Counter((result["behavior"], result["behaviorClose"]) for result in results.values())
for (behavior, close), count in sorted(counts.items()):
    print("%5d  %s, close %s" % (count, behavior, close))
right = ("OK", "INFORMATIONAL", "UNIMPLEMENTED")
for name, result in sorted(results.items()):
    if result["behavior"] not in ("OK", "INFORMATIONAL") and not name.startswith(("12.", "13.")) \
            or result["behavior"] not in right or result["behaviorClose"] not in ("OK", "INFORMATIONAL"):
        print("       %s: %s, close %s" % (name, result["behavior"], result["behaviorClose"]))
        if result["behavior"] == "FAILED" or result["behaviorClose"] == "FAILED":
            sys.exitcode = 1
sys.exit(getattr(sys, "exitcode", 0))
PYTHON

pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || true; done' EXIT
wait_for() { # file, pattern
  for _ in $(seq 200); do
    if grep -qs "$2" "$1"; then return 0; fi
    sleep 0.1
  done
  echo "no $2 in $1" >&2
  exit 1
}

wait_for_port() {
  for _ in $(seq 200); do
    if "$python27" -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  echo "nobody listens on $1" >&2
  exit 1
}

free_port() { "$python27" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

one() { # name, compression, cases, excluded
  origin=$(free_port)
  PYTHONPATH=suite "$python27" wstest.py -m echoserver -w "ws://127.0.0.1:$origin" > echo.log 2>&1 & pids="$pids $!"
  free=$(free_port)
  printf '[runner]\nhttp_port=127.0.0.1:%s\nallow_compression=%s\n' "$free" "$2" > pushpin.conf
  "$edge" --config pushpin.conf --route "*,no_grip 127.0.0.1:$origin,host=127.0.0.1:$origin" --control off > edge.log 2>&1 & pids="$pids $!"
  wait_for edge.log ready
  wait_for_port "$origin"
  cat > spec.json <<JSON
{"outdir": "./reports/$1", "options": {"failByDrop": false},
 "servers": [{"agent": "edge", "url": "ws://127.0.0.1:$free"}],
 "cases": [$3], "exclude-cases": [$4], "exclude-agent-cases": {}}
JSON
  rm -rf "reports/$1"
  PYTHONPATH=suite "$python27" wstest.py -m fuzzingclient -s spec.json > "$1.log" 2>&1
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  pids=
  echo "$1:"
  "$python27" summary.py "reports/$1" || failed=1
}

failed=0
one plain false "$cases" '"12.*", "13.*"'
one deflate true "$cases" ''
exit $failed
