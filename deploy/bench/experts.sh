#!/usr/bin/env bash
# Measures whether the cost of a mixture of experts follows its active parameters: two models of
# random weights, the second with eight times the experts of the first, decode in turns.
# THREADS, LAYERS and CLOCK=cpu (for a busy machine, with THREADS=1) by environment. Needs 6 GB of memory and 3 GB of disk.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

THREADS=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
compile_benchmarks inference-service bench-experts
"$JAVA_HOME/bin/java" -XX:+UseSerialGC --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$classpath" \
  platform.deepseek.inference.bench.ExpertsBench "$scratch" "$THREADS"
