#!/usr/bin/env bash
# Measures what drafts bring and cost: tokens per second of the demo model with and without them, in
# turns, for answers that copy, that were predicted, and that are neither. Options by environment,
# defaults below.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

THREADS=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
TOKENS=${TOKENS:-128}
ROUNDS=${ROUNDS:-3}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
[ -n "${MODEL:-}" ] || MODEL=$("$root/deploy/local/demo-model.sh")

classes=$root/inference-service/target
results=$classes/bench-speculation
mkdir -p "$results"
say "compiling"
(cd "$root" && mvn -B -q -ntp test-compile dependency:build-classpath -Dmdep.outputFile="$results/classpath" \
  -Dmdep.includeScope=test -pl inference-service) >"$results/build.log" 2>&1 ||
  fail "the benchmark does not compile: $results/build.log says why."
"$JAVA_HOME/bin/java" -XX:+UseSerialGC --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$classes/test-classes:$classes/classes:$(cat "$results/classpath")" \
  platform.deepseek.inference.bench.SpeculationBench "$MODEL" "$THREADS" "$TOKENS" "$ROUNDS"
