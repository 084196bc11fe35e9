#!/usr/bin/env bash
# Fuzzes one reader of untrusted bytes, or each in turn: scripts/fuzz.sh [TARGET|all] [SECONDS]
# Fuzz/Corpus/TARGET is where inputs are kept that reach new code; a finding is written to Fuzz/Findings and ends the run.
set -u
cd "$(dirname "$0")/.."
. scripts/console.sh

targets=(instruction routes item tnetstring events frames framing stream stanza)
target=${1:-all}
seconds=${2:-60}
[ "$target" = all ] || targets=("$target")

export FUZZ=1
quiet_step "building the fuzzer (about ten minutes the first time)" \
  swift build -c release --scratch-path .build-fuzz --product EdgeFuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -g ||
  fail "the fuzzer could not be built"
mkdir -p Fuzz/Findings
for name in "${targets[@]}"; do
  mkdir -p "Fuzz/Corpus/$name" .build-fuzz/corpus/"$name"
  say "fuzzing $name for $seconds seconds"
  FUZZ_TARGET=$name ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/EdgeFuzz \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix=Fuzz/Findings/"$name"- .build-fuzz/corpus/"$name" "Fuzz/Corpus/$name" 2>&1 |
    grep -E "stat::|DONE|ERROR|SUMMARY|Fatal|Test unit written|deadly" || true
  [ "${PIPESTATUS[0]}" -eq 0 ] || fail "$name: there is a finding in Fuzz/Findings"
  # What reaches new code is kept, as few inputs as do it.
  FUZZ_TARGET=$name ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/EdgeFuzz -merge=1 "Fuzz/Corpus/$name" \
    .build-fuzz/corpus/"$name" >/dev/null 2>&1 || fail "$name: the corpus could not be merged"
done
say "no findings"
