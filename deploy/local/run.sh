#!/usr/bin/env bash
# Runs the services in the foreground; Ctrl-C stops all of them.
set -euo pipefail
. "$(dirname "$0")/service.sh"

prepare
trap 'trap "" INT TERM HUP; stop_all; exit 130' INT TERM HUP
for name in $(service_names); do
  command_of "$name"
  : >"$(service_log "$name")"
  "${command[@]}" > >(tee -a "$(service_log "$name")" >&2) 2>&1 </dev/null &
  echo "$!" >"$(service_pid_file "$name")"
done
await_ready
announce
while dead=$(first_dead) && [ -z "$dead" ]; do sleep 0.5; done
give_up "$dead" "by itself"
