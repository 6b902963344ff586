#!/usr/bin/env bash
# veraPDF, the validator of PDF/A and PDF/UA, for the tests that hold the agreements against both.
#
#   verapdf.sh fetch          put its command-line jar into .tools, or say that it is there
#   verapdf.sh needs          print the Debian packages that are missing for this
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
version=1.30.2
jar=$tools/cli-$version.jar

die() { printf 'verapdf.sh: %s\n' "$*" >&2; exit 1; }

needs() {
  local missing=()
  command -v java >/dev/null || missing+=(default-jre-headless)
  command -v mvn >/dev/null || [ -s "$jar" ] || missing+=(maven)
  printf '%s\n' "${missing[*]}"
}

fetch() {
  local missing
  missing=$(needs)
  [ -z "$missing" ] || die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
  [ ! -s "$jar" ] || { echo "veraPDF $version is in .tools"; return 0; }
  echo "veraPDF: fetching its jar with Maven (once, 16 MB)"
  mkdir -p "$tools"
  mvn -q -B dependency:copy -Dartifact="org.verapdf.apps:cli:$version" -DoutputDirectory="$tools" \
    >"$tools/maven.log" 2>&1 </dev/null || { tail -20 "$tools/maven.log" >&2; die "Maven could not fetch veraPDF"; }
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'fetch ') fetch ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
