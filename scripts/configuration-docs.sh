#!/bin/sh
# Writes docs/configuration.md from the options' own descriptions. Run it after an option changed.
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:-.build/debug/buddycloud}")
# Somewhere without a configuration file.
empty=$(mktemp -d)
trap 'rmdir "$empty"' EXIT
{
  cat <<'TEXT'
# Configuration of the standalone server

Made by `scripts/configuration-docs.sh` from the descriptions in the code; change those, not this file.

Every option can be set on the command line (`--data-dir DIR`), in the environment (`BUDDYCLOUD_DATA_DIR`) and in a YAML file
(`data-dir: DIR`; `buddycloud.yaml` in the working directory, or what `--config` names). The command line wins over the environment, that over the file, that over the
default. In a file `a.b` can also be written as `b` below `a`, and case, `-` and `_` make no difference, so that `gripProxies` is `grip-proxies`.

`buddycloud check-config` says everything that is wrong, with file and line; `buddycloud print-config` prints what is in effect, where it comes from, and this text.

What to set in production: `domain`, `api.allowed-origins`, `registration` where not everybody may come, and TLS in front of `listen`.

```yaml
TEXT
  (cd "$empty" && env -i "$program" print-config)
  echo '```'
} > docs/configuration.md
