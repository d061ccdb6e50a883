#!/usr/bin/env bash
# Starts the services in the background and returns when they answer; make stop ends them.
set -euo pipefail
. "$(dirname "$0")/service.sh"

prepare
trap 'trap "" INT TERM; stop_all; exit 130' INT TERM
for name in $(service_names); do
  command_of "$name"
  "${command[@]}" >"$(service_log "$name")" 2>&1 </dev/null &
  echo "$!" >"$(service_pid_file "$name")"
done
await_ready progress
announce
