#!/usr/bin/env bash
# Builds the optimised executables; with names of products, only those. CONFIGURATION=debug builds faster, for work on them.
set -eu
cd "$(dirname "$0")/.."
. scripts/console.sh
. scripts/requirements.sh

note_build_needs
install_missing
check_swift

[ $# -gt 0 ] || set -- buddycloud fanout fanout-edge
case ${CONFIGURATION:-release} in
  # Exclusivity checks cost a third of the instructions on the delivery path; the tests keep them.
  release) flags="-c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked" ;;
  debug) flags="-c debug" ;;
  *) fail "CONFIGURATION is \"$CONFIGURATION\"; it can be release or debug." ;;
esac
for product in "$@"; do
  # shellcheck disable=SC2086  (the flags are several words)
  quiet_step "building $product (the first time this takes about seven minutes on two cores)" \
    swift build $flags --product "$product" || fail "the build failed; the compiler's words stand above."
done
