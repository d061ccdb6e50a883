#!/usr/bin/env bash
# Measures what constrained decoding costs per token and per grammar, without a model. Options by
# environment, defaults below; the last line of the output is over all grammars.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

TOKENS=${TOKENS:-150000}
ROUNDS=${ROUNDS:-40}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
vocabulary=$("$root/deploy/bench/vocabulary.sh")

compile_benchmarks inference-service bench-grammar
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -cp "$classpath" \
  platform.deepseek.inference.bench.GrammarBench "$vocabulary" "$TOKENS" "$ROUNDS"
