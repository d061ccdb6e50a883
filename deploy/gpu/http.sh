#!/usr/bin/env bash
# Starts the packaged service on a model and loads it with streaming clients on the same machine.
# usage: http.sh JRE APP MODEL
# Options, as environment variables:
#   CLIENTS PROMPT TOKENS ROUNDS   default 1,8,64,256 clients, 512 tokens in, 128 out, 5 requests each
#   JAVA_GC                        the service's collector, default ParallelGC
#   SERVICE_PORT                   default 18123; the management port is the next one
#   PROCESSOR=1                    the service computes on the processor
# The service's own settings (DEVICE, MAX_BATCH_SIZE, CONTEXT, DEEPSEEK_TOKENS_PER_STEP ...) are passed on.
set -euo pipefail
jre=${1:?JRE}; app=${2:?APP}; model=${3:?MODEL}
command -v python3 >/dev/null || { echo "http.sh: no python3 for the clients"; exit 2; }
work=$(mktemp -d)
export PORT=${SERVICE_PORT:-18123} HOST=127.0.0.1 MODEL=$model DEEPSEEK_MODEL_ID=measured
export MANAGEMENT_PORT=$((PORT + 1)) DEEPSEEK_API_KEY=sk-measured DEEPSEEK_QUEUE_LIMIT=${DEEPSEEK_QUEUE_LIMIT:-1024}
if [ -z "${PROCESSOR:-}" ]; then
  # One GPU, as the peers have; the batch and the tokens of a step are the defaults.
  export DEVICE=${DEVICE:-cuda:0} CONTEXT=${CONTEXT:-4096} DEEPSEEK_PREFIX_REUSE=${DEEPSEEK_PREFIX_REUSE:-false}
else
  export DEVICE=cpu CONTEXT=${CONTEXT:-512}
fi
"$jre/bin/java" -Xmx6g -XX:+Use"${JAVA_GC:-ParallelGC}" --add-modules=jdk.incubator.vector \
  --enable-native-access=ALL-UNNAMED -jar "$app/service/quarkus-run.jar" >"$work/log" 2>&1 &
service=$!
stop() {
  kill -TERM "$service" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$service" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
begun=$SECONDS
until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
  kill -0 "$service" 2>/dev/null || { echo "http.sh: the service stopped while it started:"; tail -n 30 "$work/log"; exit 1; }
  [ $((SECONDS - begun)) -lt 120 ] || { echo "http.sh: the service does not answer"; tail -n 30 "$work/log"; exit 1; }
  sleep 0.2
done
grep -hE "loaded in|on each GPU|GB/s" "$work/log" || true
echo "the service answered after $((SECONDS - begun)) s"
status=0
for sampling in "0 1" "0.7 0.95"; do
  # shellcheck disable=SC2086
  set -- $sampling
  API_KEY=$DEEPSEEK_API_KEY python3 "$app/peers/client.py" --port "$PORT" --model measured --label ours \
    --clients "${CLIENTS:-1,8,64,256}" --prompt "${PROMPT:-512}" --tokens "${TOKENS:-128}" \
    --rounds "${ROUNDS:-5}" --ids "${IDS:-1000-150000}" --temperature "$1" --top-p "$2" || status=1
done
python3 - "$MANAGEMENT_PORT" <<'P' || status=1
import re, sys, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:%s/q/metrics" % sys.argv[1], timeout=10).read().decode()
wanted = r"deepseek_(gpu|requests_total|errors_total|step_duration_seconds_(sum|count)|kv_|engine|weights_load)"
for line in text.splitlines():
    if re.match(wanted, line) and not line.endswith(" 0.0"):
        print("metric", line)
P
grep -hE "WARN|ERROR" "$work/log" | grep -v "netty.eventexecutor" | head -n 20 || true
exit "$status"
