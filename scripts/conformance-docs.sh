#!/usr/bin/env bash
# Writes docs/conformance.md from the `Implements:` lines of the sources. Run it after one changed.
# With `--print` it prints the document: the test that the document is true compares the two.
set -eu
cd "$(dirname "$0")/.."
# Bytes, whatever the language of the machine.
export LC_ALL=C

document() {
  cat <<'TEXT'
# What of which specification there is

Made by `scripts/conformance-docs.sh` from the `Implements:` lines of the sources; change those, not this file. A line stands
at the top of the file that it is about: `// Implements: XEP-0004 2.13.2 · Data Forms · complete`, with the version of an
extension or the sections of an RFC, and what of it there is.

Conformance suites of others: [HTTP/2](conformance/h2spec.md), [WebSocket](conformance/autobahn.md).

| specification | version or sections | title | extent | file |
|---|---|---|---|---|
TEXT
  grep -r --include='*.swift' '^// Implements: ' Sources |
    awk '{
      path = substr($0, 1, index($0, ":") - 1)
      count = split(substr($0, index($0, "// Implements: ") + 15), part, " · ")
      if (count != 3) { print "not of the form SPECIFICATION · TITLE · EXTENT: " $0 > "/dev/stderr"; exit 1 }
      words = split(part[1], word, " ")
      if (word[1] == "RFC") { number = word[2]; name = "RFC " number; from = 3; link = "www.rfc-editor.org/rfc/rfc" number }
      else { number = substr(word[1], 5); name = word[1]; from = 2; link = "xmpp.org/extensions/xep-" number ".html" }
      sections = ""
      for (i = from; i <= words; i++) sections = sections (i > from ? " " : "") word[i]
      file = path; sub(/.*\//, "", file)
      printf "%s\t%s\t| [%s](https://%s) | %s | %s | %s | [`%s`](../%s) |\n",
        name, path, name, link, sections, part[2], part[3], file, path
    }' |
    sort | cut -f 3
}

if [ "${1:-}" = --print ]; then
  document
else
  document > docs/conformance.md
fi
