#!/usr/bin/env bash
# What the partners' programs in deploy/examples need, for the tests that run them.
#
#   examples.sh fetch         put the jars and packages of the Java and JavaScript programs into .tools, or say they are there
#   examples.sh needs         print the Debian packages that are missing for this
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools
pom=$here/../examples/java/pom.xml
folder=$tools/java-example
javascript=$here/../examples/javascript
modules=$tools/javascript-example

die() { printf 'examples.sh: %s\n' "$*" >&2; exit 1; }

# The pom is copied last, so a folder with one is whole.
there() { cmp -s "$pom" "$folder/pom.xml"; }
modules_there() { cmp -s "$javascript/package-lock.json" "$modules/whole.json"; }

needs() {
  local missing=()
  command -v curl >/dev/null || missing+=(curl)
  command -v javac >/dev/null || missing+=(default-jdk-headless)
  command -v mvn >/dev/null || there || missing+=(maven)
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || modules_there || missing+=(npm)
  printf '%s\n' "${missing[*]}"
}

fetch() {
  local missing
  missing=$(needs)
  [ -z "$missing" ] || die "not installed: $missing. On Debian or Ubuntu: apt-get install --no-install-recommends $missing"
  fetch_modules
  ! there || { echo "The jars of the Java example are in .tools"; return 0; }
  echo "Java example: fetching CloudEvents' SDK with Maven (once, 3 MB)"
  mkdir -p "$folder"
  mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$(cd "$folder" && pwd)" \
    >"$tools/java-example.log" 2>&1 </dev/null ||
    { tail -20 "$tools/java-example.log" >&2; die "Maven could not fetch CloudEvents' SDK"; }
  cp "$pom" "$folder"
}

fetch_modules() {
  ! modules_there || { echo "The packages of the JavaScript example are in .tools"; return 0; }
  echo "JavaScript example: fetching CloudEvents' SDK and kafkajs with npm (once, 10 MB)"
  mkdir -p "$modules"
  cp "$javascript/package.json" "$javascript/package-lock.json" "$modules"
  npm ci --prefix "$modules" --omit=dev --ignore-scripts --no-audit --no-fund >"$tools/javascript-example.log" 2>&1 </dev/null ||
    { tail -20 "$tools/javascript-example.log" >&2; die "npm could not fetch the packages of the JavaScript example"; }
  cp "$javascript/package-lock.json" "$modules/whole.json"
}

usage() { sed -n '2,/^set -/{/^#/!d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

case "${1:-} ${2:-}" in
  'fetch ') fetch ;;
  'needs ') needs ;;
  *) usage >&2; exit 2 ;;
esac
