#!/usr/bin/env bash
# Measures our engine against native llama.cpp on this machine: same file, same threads, same prompt,
# in turns, and prints the table of docs/benchmarks.md. Options by environment, defaults below.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
. "$root/deploy/bench/compile.sh"

THREADS=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
PROMPT=${PROMPT:-512}
STEPS=${STEPS:-64}
BATCHES=${BATCHES:-8,16} # in the server configuration; one alone is measured in the single-user one
ROUNDS=${ROUNDS:-3}

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
[ -n "${MODEL:-}" ] || MODEL=$("$root/deploy/local/demo-model.sh")
# Two steps, so that a peer that cannot be had ends the run here with its own sentence.
peer_lines=$("$root/deploy/bench/peer.sh")
mapfile -t peer <<<"$peer_lines"

compile_benchmarks inference-service bench
engine=("$JAVA_HOME/bin/java" -XX:+UseSerialGC --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED
  -cp "$classpath" platform.deepseek.inference.bench.EngineBench)

# measure KIND ROUND COMMAND...: a benchmark that fails ends the run with its last words.
measure() {
  local name=$1-$2
  shift 2
  say "round ${name##*-} of $ROUNDS: ${name%-*}"
  "$@" >"$results/$name.jsonl" 2>"$results/$name.log" || fail "the benchmark failed: $(tail -n 1 "$results/$name.log") ($results/$name.log)"
}

for ((round = 1; round <= ROUNDS; round++)); do
  measure ours-single "$round" env MAX_BATCH_SIZE=1 "${engine[@]}" "$MODEL" "$THREADS" "$PROMPT" "$STEPS" 1
  measure ours-server "$round" env MAX_BATCH_SIZE=16 "${engine[@]}" "$MODEL" "$THREADS" "$PROMPT" "$STEPS" "$BATCHES"
  measure peer "$round" "${peer[@]}" "$MODEL" "$THREADS" "$PROMPT" "$STEPS" "1,$BATCHES"
done
python3 "$root/deploy/bench/report.py" "$results" \
  "THREADS=$THREADS PROMPT=$PROMPT STEPS=$STEPS BATCHES=$BATCHES ROUNDS=$ROUNDS make bench"
