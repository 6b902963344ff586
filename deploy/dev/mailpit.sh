#!/usr/bin/env bash
# Mailpit, a real mail server with an API, for the tests that send every mail and look at what mail clients make of it.
#
#   mailpit.sh build          build it into .tools with Go, or say that it is there
#   mailpit.sh needs          print the Debian packages that are missing for this
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
version=1.27.11
PATH=$PATH:/usr/local/go/bin

die() { printf 'mailpit.sh: %s\n' "$*" >&2; exit 1; }

# Each version has a folder of its own, into which Go puts the program only when it is whole.
there() { [ -x "$tools/mailpit-$version/mailpit" ]; }

needs() {
  if there || command -v go >/dev/null; then echo; else echo golang-go; fi
}

build() {
  local missing
  ! there || { echo "Mailpit $version is in .tools"; return 0; }
  missing=$(needs)
  [ -z "$missing" ] || die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
  echo "Mailpit: building it with Go (once, a minute or two)"
  mkdir -p "$tools/mailpit-$version"
  GOBIN=$(cd "$tools/mailpit-$version" && pwd) go install "github.com/axllent/mailpit@v$version" >"$tools/mailpit.log" 2>&1 </dev/null ||
    { tail -20 "$tools/mailpit.log" >&2; die "Go could not build Mailpit; it needs Go 1.24 or newer"; }
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'build ') build ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
