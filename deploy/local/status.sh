#!/usr/bin/env bash
# Says whether the service runs and answers. Exit status: 0 it answers, 1 it runs only, 3 it does not run.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if ! pid=$(running_pid); then
  echo "not running"
  exit 3
fi
if health=$(curl --silent --fail --max-time 5 "http://127.0.0.1:$PORT/health"); then
  echo "running: pid $pid, http://127.0.0.1:$PORT/v1, key in $key_file, log in $log_file"
  printf '%s\n' "$health"
else
  echo "running but not answering at port $PORT: pid $pid, log in $log_file"
  exit 1
fi
