#!/usr/bin/env bash
# Prints the class path of Elasticsearch's readers, brought by Maven once for each state of pom.xml.
# Fails where there is no Maven or they cannot be had.
set -euo pipefail
cd "$(dirname "$0")"
. ../../../local/common.sh

have mvn || fail "no mvn on the PATH: install Maven 3.8.7 or newer."
list=$cache_dir/maven/elasticsearch-$(cksum <pom.xml | cut -d ' ' -f 1)
complete() {
  [ -s "$list" ] && tr ':' '\n' <"$list" | while read -r jar; do [ -f "$jar" ] || exit 1; done
}
if ! complete; then
  mkdir -p "$cache_dir/maven"
  mvn -B -q -ntp -f pom.xml dependency:build-classpath -Dmdep.outputFile="$list" >&2 ||
    fail "Elasticsearch's classes could not be fetched."
fi
cat "$list"
