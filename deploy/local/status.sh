#!/usr/bin/env bash
# Says of each service whether it runs and answers. Exit status: 0 all answer, 3 none runs, else 1.
set -euo pipefail
. "$(dirname "$0")/common.sh"

run=0 answer=0 all=0
for name in $(service_names); do
  all=$((all + 1))
  if ! pid=$(running_pid "$name"); then
    echo "$name: not running"
    continue
  fi
  run=$((run + 1))
  if answers "$name" 5; then
    answer=$((answer + 1))
    echo "$name: running, pid $pid, http://127.0.0.1:$(service_port "$name"), log in $(service_log "$name")"
  else
    echo "$name: running but not answering at port $(service_port "$name"), pid $pid, log in $(service_log "$name")"
  fi
done
[ "$run" -gt 0 ] || exit 3
echo "keys in $run_dir/api-key and $run_dir/admin-key"
[ "$answer" -eq "$all" ]
