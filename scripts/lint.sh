#!/usr/bin/env bash
# The format and the lint rules of .swift-format, over every tracked Swift file.
set -eu
cd "$(dirname "$0")/.."
case ${1:-} in
  --fix) git ls-files -z '*.swift' | xargs -0 swift format format --in-place --parallel ;;
  '') git ls-files -z '*.swift' | xargs -0 swift format lint --strict --parallel ;;
  *) echo "usage: scripts/lint.sh [--fix]" >&2 && exit 2 ;;
esac
