#!/usr/bin/env bash
# Measures how fast text becomes tokens on one thread, beside the tokenizers library over the same
# vocabulary. Options by environment, defaults below.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

CHARACTERS=${CHARACTERS:-2000000}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
[ -n "${MODEL:-}" ] || MODEL=$("$root/deploy/local/demo-model.sh") # or a tokenizer.json

compile_benchmarks inference-service bench-tokenizer
"$JAVA_HOME/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  -cp "$classpath" \
  platform.deepseek.inference.text.TokenizerBench "$MODEL" "$CHARACTERS"
