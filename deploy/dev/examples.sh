#!/usr/bin/env bash
# What the partners' programs in deploy/examples need, for the tests that run them.
#
#   examples.sh fetch         put the Java program's jars into .tools, or say that they are there
#   examples.sh needs         print the Debian packages that are missing for this
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
pom=$here/../examples/java/pom.xml
folder=$tools/java-example

die() { printf 'examples.sh: %s\n' "$*" >&2; exit 1; }

# The pom is copied last, so a folder with one is whole.
there() { cmp -s "$pom" "$folder/pom.xml"; }

needs() {
  local missing=()
  command -v curl >/dev/null || missing+=(curl)
  command -v javac >/dev/null || missing+=(default-jdk-headless)
  command -v mvn >/dev/null || there || missing+=(maven)
  printf '%s\n' "${missing[*]}"
}

fetch() {
  local missing
  missing=$(needs)
  [ -z "$missing" ] || die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
  ! there || { echo "The jars of the Java example are in .tools"; return 0; }
  echo "Java example: fetching CloudEvents' SDK with Maven (once, 3 MB)"
  mkdir -p "$folder"
  mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$(cd "$folder" && pwd)" \
    >"$tools/java-example.log" 2>&1 </dev/null ||
    { tail -20 "$tools/java-example.log" >&2; die "Maven could not fetch CloudEvents' SDK"; }
  cp "$pom" "$folder"
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'fetch ') fetch ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
