#!/usr/bin/env bash
# Stops the service of this checkout: asks it to finish, and insists after 30 seconds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! pid=$(running_pid); then
  rm -f "$pid_file"
  say "not running"
  exit 0
fi
kill -TERM "$pid"
deadline=$((SECONDS + 30))
while kill -0 "$pid" 2>/dev/null; do
  if [ "$SECONDS" -ge "$deadline" ]; then
    say "pid $pid did not finish within 30 s and is killed (log: $log_file)"
    kill -KILL "$pid" 2>/dev/null || true
    break
  fi
  sleep 0.1
done
rm -f "$pid_file"
say "stopped"
