#!/usr/bin/env bash
# smtp-sink, a mail server of Postfix that throws everything away, for the bench that counts how many mails leave a second.
# Only the program is taken out of Debian's package: no mail server is installed, configured or started.
#
#   smtpsink.sh fetch         put it into .tools, or say that it is there
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
unpacked=$tools/postfix

die() { printf 'smtpsink.sh: %s\n' "$*" >&2; exit 1; }

download() { (cd "$1" && apt-get download -q postfix) >"$tools/postfix.log" 2>&1; }

fetch() {
  local lot missing
  ! [ -x "$tools/smtp-sink" ] || { echo "smtp-sink is in .tools"; return 0; }
  command -v apt-get >/dev/null || die "there is no apt-get here; install Postfix as your system does and the bench finds it"
  echo "smtp-sink: fetching it out of Debian's package of Postfix (once, 1.5 MB)"
  mkdir -p "$tools"
  lot=$(mktemp -d "$tools/postfix-XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$lot'" EXIT
  # A fresh machine knows no packages before the first update.
  download "$lot" || { [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null && download "$lot"; } ||
    { tail -5 "$tools/postfix.log" >&2; die "apt-get could not download postfix; try again after: apt-get update"; }
  dpkg-deb -x "$lot"/postfix_*.deb "$lot"
  missing=$(LD_LIBRARY_PATH=$lot/usr/lib/postfix ldd "$lot/usr/sbin/smtp-sink" | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p')
  [ -z "$missing" ] || die "smtp-sink misses $(echo $missing). On Debian or Ubuntu: apt-get install --no-install-recommends $(libraries "$lot")"
  rm -rf "$unpacked"
  mkdir -p "$unpacked"
  mv "$lot/usr/sbin/smtp-sink" "$lot"/usr/lib/postfix/lib*.so "$unpacked"
  cat >"$lot/smtp-sink" <<'END'
#!/bin/sh
own=$(dirname "$0")/postfix
LD_LIBRARY_PATH=$own exec "$own/smtp-sink" "$@"
END
  chmod +x "$lot/smtp-sink"
  mv "$lot/smtp-sink" "$tools/smtp-sink"
}

# The libraries that the package itself asks for, as Debian names them in this release.
libraries() { dpkg-deb -f "$1"/postfix_*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ ]*\).*/\1/p' | tr '\n' ' '; }

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'fetch ') fetch ;;
  *) usage >&2; exit 2 ;;
esac
