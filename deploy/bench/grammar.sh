#!/usr/bin/env bash
# Measures what constrained decoding costs per token and per grammar, without a model. Options by
# environment, defaults below; the last line of the output is over all grammars.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

TOKENS=${TOKENS:-150000}
ROUNDS=${ROUNDS:-40}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
vocabulary=$("$root/deploy/bench/vocabulary.sh")

results=$root/inference-service/target/bench-grammar
rm -rf "$results"
mkdir -p "$results"
say "compiling"
(cd "$root" && mvn -B -q -ntp test-compile dependency:build-classpath -Dmdep.outputFile="$results/classpath" \
  -Dmdep.includeScope=test -pl inference-service) >"$results/build.log" 2>&1 ||
  fail "the benchmark does not compile: $results/build.log says why."
classes=$root/inference-service/target
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -cp "$classes/test-classes:$classes/classes:$(cat "$results/classpath")" \
  platform.deepseek.inference.bench.GrammarBench "$vocabulary" "$TOKENS" "$ROUNDS"
