#!/usr/bin/env bash
# Stops the services of this checkout, last started first.
set -euo pipefail
. "$(dirname "$0")/common.sh"

found=''
for name in $(service_names); do
  if running_pid "$name" >/dev/null; then found=yes; fi
done
stop_all
if [ -n "$found" ]; then say "stopped"; else say "not running"; fi
