#!/usr/bin/env bash
# Measures hits of the prompt cache over HTTP, from memory and from disk, and a prefix read after a
# restart. Needs no model.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME

results=$root/cache-service/target/bench
rm -rf "$results"
mkdir -p "$results"
say "compiling"
(cd "$root" && mvn -B -q -ntp test-compile dependency:build-classpath -Dmdep.outputFile="$results/classpath" \
  -Dmdep.includeScope=test -pl cache-service) >"$results/build.log" 2>&1 ||
  fail "the benchmark does not compile: $results/build.log says why."
classes=$root/cache-service/target
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
  -cp "$classes/test-classes:$classes/classes:$(cat "$results/classpath")" platform.deepseek.cache.http.CacheBench
