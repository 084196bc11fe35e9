#!/usr/bin/env bash
# What a new user does: `make run`, open the page, Ctrl-C. With the debug build that the tests use, and data of its own.
set -eu
cd "$(dirname "$0")/.."

data=$(mktemp -d)
server=''
stop_all() {
  [ -z "$server" ] || kill -KILL -- "-$server" 2>/dev/null || true
  rm -rf "$data"
}
trap stop_all EXIT
# A process group of its own, so that Ctrl-C can be sent to all of it, as a terminal does.
exec 3< <(exec env CONFIGURATION=debug DATA_DIR="$data/data" setsid make --no-print-directory run \
  ARGS="--listen 127.0.0.1:0 --api-listen 127.0.0.1:0 --control-listen 127.0.0.1:0" 2>&1)
server=$!
url=''
while IFS= read -r -t 300 line <&3; do
  echo "$line"
  case $line in *' is ready: http://'*) url=${line##* is ready: } && url=${url%% *} && break ;; esac
done
[ -n "$url" ] || { echo "make run did not say that the server is ready"; exit 1; }
curl --fail --silent --show-error --max-time 20 "$url" | grep -qi '<!doctype html>' ||
  { echo "$url is not the web client"; exit 1; }
kill -INT -- "-$server"
# The rest of its output ends with the last process of the group.
timeout 60 cat <&3 || { echo "Ctrl-C did not end it within a minute"; exit 1; }
[ -e "$data/data" ] || { echo "the data folder is gone after Ctrl-C"; exit 1; }
echo "the page was served, and Ctrl-C ended the server; its data is still there"
