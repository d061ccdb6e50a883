#!/usr/bin/env bash
# Measures hits of the prompt cache over HTTP, from memory and from disk, and a prefix read after a
# restart. Needs no model.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME

compile_benchmarks cache-service bench
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
  -cp "$classpath" platform.deepseek.cache.http.CacheBench
