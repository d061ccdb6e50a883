#!/usr/bin/env bash
# Measures a prefix of 2,000 tokens restored from cache-service's disk after a restart of all
# services, against computing it. TOKENS and ROUNDS change what is asked.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
have python3 || fail "this benchmark needs python3."
"$root/deploy/local/build.sh"
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export DEMO_MODEL
say "restored against computed:"
PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/bench/prefix.py"
