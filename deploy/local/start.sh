#!/usr/bin/env bash
# Starts the service in the background and returns when it answers; make stop ends it.
set -euo pipefail
. "$(dirname "$0")/service.sh"

prepare
# A session of its own: Ctrl-C in this terminal, or closing it, does not reach the service.
detach="nohup"
if have setsid; then detach="setsid"; fi
"$detach" "${command[@]}" >"$log_file" 2>&1 </dev/null &
service=$!
echo "$service" >"$pid_file"
trap 'kill -TERM "$service" 2>/dev/null || true; rm -f "$pid_file"; exit 130' INT TERM
await_ready "$service" progress
announce
