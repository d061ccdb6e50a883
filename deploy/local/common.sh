# Names and small functions that the scripts of this folder share. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
run_dir=${RUN_DIR:-$root/.run} # pid, logs and key; a second instance gets a folder of its own
cache_dir=${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-platform
app_dir=$root/inference-service/target/quarkus-app
pid_file=$run_dir/inference-service.pid
log_file=$run_dir/inference-service.log
key_file=$run_dir/api-key

HOST=${HOST:-127.0.0.1} # a local run answers this machine only; HOST=0.0.0.0 opens it
PORT=${PORT:-8080}
MANAGEMENT_PORT=${MANAGEMENT_PORT:-9000}

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

sha256_of() {
  if have sha256sum; then sha256sum "$1" | cut -d ' ' -f 1; else shasum -a 256 "$1" | cut -d ' ' -f 1; fi
}

# Prints the pid of the service started from this checkout, if it is alive.
running_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  # A pid may have been given to another program since: its command line decides.
  case "$(ps -o command= -p "$pid" 2>/dev/null)" in
    *"$app_dir"*) printf '%s\n' "$pid" ;;
    *) return 1 ;;
  esac
}
