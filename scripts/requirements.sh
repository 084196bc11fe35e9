# What this package needs from the machine, and how it gets there. Sourced after console.sh.
# Each need has a probe, so that nothing is asked of apt on a machine that has it all.

# Runs as root, by sudo where that is needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo here. As root, run: $*"
  fi
}

has_program() { command -v "$1" >/dev/null 2>&1; }
has_library() { has_program pkg-config && pkg-config --exists "$1"; }
has_file() { compgen -G "$1" >/dev/null; }

missing=()
policy=/usr/sbin/policy-rc.d
kept=''

# need PACKAGE PROBE...: notes the Debian package when the probe fails.
need() {
  local package=$1
  shift
  "$@" || missing+=("$package")
}

# What the compiler and the linker want. The libraries are also named in Package.swift (`providers`).
note_build_needs() {
  need git has_program git
  need ca-certificates has_file '/etc/ssl/certs/ca-certificates.crt'
  need pkg-config has_program pkg-config
  need libc6-dev has_file '/usr/include/stdio.h'
  need g++ has_file '/usr/lib/gcc/*/*/libstdc++.so'
  need libexpat1-dev has_library expat
  need libicu-dev has_library icu-uc
  need libsqlite3-dev has_library sqlite3
  need libpq-dev has_file '/usr/include/postgresql/libpq-fe.h'
  need zlib1g-dev has_library zlib
  need libzmq3-dev has_library libzmq
}

# What only the tests want: a browser, a second GRIP proxy, an XMPP server, fault injection, Python peers.
note_test_needs() {
  need curl has_program curl
  need chromium has_program chromium
  need fonts-dejavu-core has_file '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
  need pushpin has_file '/usr/lib/pushpin/internal.conf'
  need condure has_program condure
  need zurl has_program zurl
  need postgresql has_file '/usr/lib/postgresql/*/bin/initdb'
  need prosody has_program prosody
  need strace has_program strace
  need openssl has_program openssl
  need nghttp2-client has_program nghttp
  need python3 has_program python3
  need python3-venv python_can_make_environments
}

python_can_make_environments() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

# Puts back what `install_missing` replaced for as long as it installed.
restore_policy() {
  if [ -n "$kept" ]; then as_root cp -p "$kept" "$policy" && as_root rm -f "$kept"; else as_root rm -f "$policy"; fi
}

# Installs what was noted. No service that comes with a package is started: the tests start their own, on free ports.
install_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  has_program apt-get || fail "these Debian packages are missing, and there is no apt-get here to install them:
  ${missing[*]}
Install what they stand for with your system's package manager, then run this again."
  if [ -e "$policy" ]; then
    kept=$(mktemp) && as_root cp -p "$policy" "$kept"
  fi
  trap restore_policy EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  say "installing from Debian: ${missing[*]}"
  quiet_step "reading the package lists" as_root apt-get update ||
    fail "apt-get update failed; these packages are missing: ${missing[*]}"
  quiet_step "installing ${#missing[@]} packages" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}"
  restore_policy
  trap - EXIT
  missing=()
}

# Swift is not in Debian; 6.2 is the first version whose package manager reads our Package.swift.
check_swift() {
  local version major minor
  has_program swift || fail "there is no Swift here. Install Swift 6.2 or later (https://www.swift.org/install/linux),
put its usr/bin into PATH, and run this again."
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  major=${version%%.*}
  minor=${version#*.} && minor=${minor%%.*}
  if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "${minor:-0}" -lt 2 ]; }; then
    fail "this is Swift ${version:-of an unknown version}; 6.2 or later is needed (https://www.swift.org/install/linux)."
  fi
}

# A Python of the tests' own in .venv, made again when the list of what it holds has changed.
make_python_environment() {
  cmp -s scripts/python-requirements.txt .venv/requirements.txt && return 0
  quiet_step "making the Python environment of the tests (.venv)" fill_python_environment ||
    fail "the Python environment of the tests could not be made; remove .venv and run this again."
}

fill_python_environment() {
  rm -rf .venv && python3 -m venv .venv &&
    .venv/bin/python -m pip install --disable-pip-version-check -r scripts/python-requirements.txt &&
    cp scripts/python-requirements.txt .venv/requirements.txt
}
