#!/usr/bin/env bash
# Runs the service in the foreground; Ctrl-C stops all of it.
set -euo pipefail
. "$(dirname "$0")/service.sh"

prepare
: >"$log_file"
"${command[@]}" > >(tee -a "$log_file" >&2) 2>&1 &
service=$!
echo "$service" >"$pid_file"
finish() {
  trap '' INT TERM
  kill -TERM "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  rm -f "$pid_file"
}
trap 'finish; exit 130' INT TERM
await_ready "$service"
announce
status=0
wait "$service" || status=$?
rm -f "$pid_file"
[ "$status" -eq 0 ] || fail "the service stopped with status $status: $(last_words) (log: $log_file)"
