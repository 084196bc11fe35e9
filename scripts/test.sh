#!/usr/bin/env bash
# Everything that a change must pass, on a machine that may have nothing yet: what the tests need, lint, one build, the tests.
# The unit tests run in parallel; the end-to-end tests one after another, because they load the machine and count.
set -u
cd "$(dirname "$0")/.."
. scripts/console.sh
. scripts/requirements.sh

note_build_needs
note_test_needs
install_missing
check_swift
make_python_environment

# Eight tests at a time keep two cores busy; all at once, each would only wait longer for its turn, and time limits would
# measure the queue.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8

# The tests hold thousands of connections.
ulimit -n "$(ulimit -Hn)"

# The examples are compiled and run as well.
export EXAMPLES=1

# run_tests OPTION...: swift test, which also succeeds where a filter finds nothing; here that is a failure.
run_tests() {
  local log status
  log=$(mktemp)
  swift test --skip-build --disable-xctest "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  if [ "$status" -eq 0 ] && ! grep -Eq 'Test run with [1-9][0-9]* tests? ' "$log"; then
    echo "error: no test was run (swift test $*)"
    status=1
  fi
  rm -f "$log"
  return "$status"
}

failed=0
step "lint" scripts/lint.sh || failed=1
if quiet_step "building everything with its tests (the first time this takes about eight minutes on two cores)" \
  swift build --build-tests; then
  step "unit tests" run_tests --parallel --skip EndToEndTests --skip ArchitectureTests --skip PeerTests || failed=1
  step "architecture tests" run_tests --filter ArchitectureTests || failed=1
  step "make run" scripts/check-run.sh || failed=1
  step "peer tests" run_tests --no-parallel --filter PeerTests || failed=1
  step "end-to-end tests" run_tests --no-parallel --filter EndToEndTests || failed=1
else
  failed=1
fi
summary
[ "$failed" -eq 0 ] || fail "not everything passed; look for FAILED above."
say "everything passed"
