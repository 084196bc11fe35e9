#!/bin/bash
# Runs h2spec, the conformance tests of HTTP/2, against an edge with TLS, and writes docs/conformance/h2spec.md.
#
#   scripts/h2spec.sh [H2SPEC-SOURCES]
#
# H2SPEC-SOURCES is a checkout of https://github.com/summerwind/h2spec; without it, it is cloned. Needs Debian's golang-go,
# golang-golang-x-net-dev, golang-github-spf13-cobra-dev, golang-github-fatih-color-dev, openssl and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
edge=$(realpath "${EDGE:-.build/debug/fanout-edge}")
report=docs/conformance/h2spec.md
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

sources=$work/go/src/github.com/summerwind/h2spec
mkdir -p "$(dirname "$sources")"
if [ $# -gt 0 ]; then cp -r "$1" "$sources"; else git clone -q https://github.com/summerwind/h2spec "$sources"; fi
(cd "$sources" && GO111MODULE=off GOPATH="$work/go:/usr/share/gocode" go build -o "$work/h2spec" ./cmd/h2spec)

mkdir -p "$work/runner/certs" "$work/site"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -keyout "$work/key" -out "$work/crt" 2>/dev/null
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
origin=$(port) secure=$(port)
cp "$work/key" "$work/runner/certs/default_$secure.key"
cp "$work/crt" "$work/runner/certs/default_$secure.crt"
echo hello > "$work/site/index.html"
python3 -m http.server --bind 127.0.0.1 --directory "$work/site" "$origin" > /dev/null 2>&1 &
pids+=($!)
printf '[runner]\nhttps_ports=127.0.0.1:%s\n[proxy]\nroutesfile=routes\n' "$secure" > "$work/pushpin.conf"
echo "* 127.0.0.1:$origin" > "$work/routes"
"$edge" --config "$work/pushpin.conf" --control off > "$work/out" 2> "$work/err" &
pids+=($!)
for _ in $(seq 100); do grep -q ready "$work/out" && break; sleep 0.1; done

status=0
"$work/h2spec" -h 127.0.0.1 -p "$secure" -t -k -o 3 --strict > "$work/result" || status=$?
{
  echo '# HTTP/2: h2spec'
  echo
  echo 'Made by `scripts/h2spec.sh`: the edge behind TLS, its origin a plain web server, all cases with `--strict`.'
  echo
  echo '```'
  grep -E '^[0-9]+ tests' "$work/result"
  sed -n '/^Failures:/,/^Finished/p' "$work/result"
  echo '```'
} > "$report"
cat "$report"
exit $status
