#!/usr/bin/env bash
# Measures what drafts bring and cost: tokens per second of the demo model with and without them, in
# turns, for answers that copy, that were predicted, and that are neither. Options by environment,
# defaults below.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

THREADS=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
TOKENS=${TOKENS:-128}
ROUNDS=${ROUNDS:-3}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
[ -n "${MODEL:-}" ] || MODEL=$("$root/deploy/local/demo-model.sh")

compile_benchmarks inference-service bench-speculation
"$JAVA_HOME/bin/java" -XX:+UseSerialGC --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$classpath" \
  platform.deepseek.inference.bench.SpeculationBench "$MODEL" "$THREADS" "$TOKENS" "$ROUNDS"
