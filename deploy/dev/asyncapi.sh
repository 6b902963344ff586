#!/usr/bin/env bash
# The official AsyncAPI parser, for the test that holds /asyncapi.json against it.
#
#   asyncapi.sh fetch         put it into .tools, or say that it is there
#   asyncapi.sh needs         print the Debian packages that are missing for this
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
version=3.6.3
folder=$tools/asyncapi-$version

die() { printf 'asyncapi.sh: %s\n' "$*" >&2; exit 1; }

# The lock file is copied last, so a folder with one is whole.
there() { cmp -s "$here/asyncapi/package-lock.json" "$folder/whole.json"; }

needs() {
  local missing=()
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || there || missing+=(npm)
  printf '%s\n' "${missing[*]}"
}

fetch() {
  local missing
  missing=$(needs)
  [ -z "$missing" ] || die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
  ! there || { echo "The AsyncAPI parser $version is in .tools"; return 0; }
  echo "AsyncAPI parser: fetching it with npm (once, 55 MB)"
  mkdir -p "$folder"
  cp "$here"/asyncapi/package.json "$here"/asyncapi/package-lock.json "$folder"
  npm ci --prefix "$folder" --omit=dev --ignore-scripts --no-audit --no-fund >"$tools/npm.log" 2>&1 </dev/null ||
    { tail -20 "$tools/npm.log" >&2; die "npm could not fetch the AsyncAPI parser"; }
  cp "$here/asyncapi/package-lock.json" "$folder/whole.json"
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'fetch ') fetch ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
