#!/usr/bin/env bash
# Measures vLLM on a model: in its own process, and through its server with streaming clients.
# usage: vllm.sh SITE MODEL
#   SITE   a folder of Python packages with vLLM, beside what the machine's python3 has
# Options, as environment variables: CLIENTS ROUNDS; FRONT_ENDS, of default, api4 and rust, default all;
# INPROCESS=0 leaves the first part out. The server takes about a minute to start each time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
site=${1:?SITE}; model=${2:?MODEL}
export PYTHONPATH=$site PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 VLLM_NO_USAGE_STATS=1
export DO_NOT_TRACK=1 NO_COLOR=1 FLASHINFER_DISABLE_VERSION_CHECK=1
port=${VLLM_PORT:-18223}
work=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then
    # A session of its own: its workers end with it.
    kill -INT -- "-$server" 2>/dev/null || true
    for _ in $(seq 80); do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
  fi
}
trap 'stop; rm -rf "$work"' EXIT
status=0
if [ "${INPROCESS:-1}" = 1 ]; then
  timeout 300 python3 "$here/vllm_bench.py" "$model" 2>"$work/log" | grep '^{' || { status=1; tail -n 20 "$work/log"; }
fi
for front in $(echo "${FRONT_ENDS:-default,api4,rust}" | tr ',' ' '); do
  options=()
  unset VLLM_USE_RUST_FRONTEND
  case $front in
    default) ;;
    api4) options=(--api-server-count 4) ;;
    rust) export VLLM_USE_RUST_FRONTEND=1 ;;
    *) echo "vllm.sh: no front end is called $front"; exit 2 ;;
  esac
  setsid python3 -m vllm.entrypoints.cli.main serve "$model" --served-model-name measured --dtype float16 \
    --max-model-len 8192 --port "$port" --host 127.0.0.1 --disable-uvicorn-access-log "${options[@]}" \
    >"$work/log" 2>&1 &
  server=$!
  begun=$SECONDS
  until python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=2)" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null && [ $((SECONDS - begun)) -lt 180 ] ||
      { echo "vllm.sh: $front does not start"; tail -n 20 "$work/log"; status=1; stop; continue 2; }
    sleep 0.5
  done
  python3 "$here/client.py" --port "$port" --model measured --label "vllm $front" \
    --clients "${CLIENTS:-1,8,64,256}" --rounds "${ROUNDS:-5}" || status=1
  stop
done
exit "$status"
