#!/bin/sh
# Writes docs/configuration.md and docs/edge-configuration.md from the options' own descriptions. Run it after an option
# changed.
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

Settings of a separate edge: [edge-configuration.md](edge-configuration.md).

What to set in production: `domain`, `api.allowed-origins`, `registration` where not everybody may come, and TLS in front of `listen`.

```yaml
TEXT
  (cd "$empty" && env -i "$program" print-config)
  echo '```'
} > docs/configuration.md
fanout=$(dirname "$program")/fanout
{
  cat <<'TEXT'
# Configuration of the edge

Made by `scripts/configuration-docs.sh` from the descriptions in the code; change those, not this file.

`fanout edge` reads a `fanout.yaml` or a `pushpin.conf` (`--config`; without it `fanout.yaml`, `config/pushpin.conf`, `pushpin.conf`, `/etc/fanout/fanout.yaml`,
`/etc/pushpin/pushpin.conf` are looked for). The command line wins over the environment, that over the file, that over the default.

- In `fanout.yaml` `a.b` can also be written as `b` below `a`; case, `-` and `_` make no difference. The file is YAML of maps, lists, texts in one line, quotes and comments; what else
  YAML has is refused with its line. The edge reads it itself and needs no YAML library.
- In a `pushpin.conf` the keys are Pushpin's, named below in brackets; what has none stands in a section `[fanout]` under its name here.
- In the environment it is `FANOUT_` and the name in capitals.

`routes` in `fanout.yaml` is a list, of lines as in a routes file or of maps; the names are those of the routes file, with `-` or `_`:

```yaml
routes:
  - host: api.example.org        # without it: every host
    path-beg: /live
    prefix: live-
    targets:
      - localhost:8000
      - address: backend.internal:8443
        ssl: true
        over-http: true
  - "* localhost:8080,over_http" # a line; one that begins with * stands in quotes
```

`fanout check-config` says everything that is wrong, with file and line; `fanout print-config` prints what is in effect, where it comes from, and this text, as a
`fanout.yaml`. Secrets are masked.

```yaml
TEXT
  "$fanout" print-config --reference
  echo '```'
} > docs/edge-configuration.md
