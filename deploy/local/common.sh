# Names and small functions that the scripts of this folder share. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
run_dir=${RUN_DIR:-$root/.run} # pids, logs, keys and data; a second instance gets a folder of its own
cache_dir=${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-platform

HOST=${HOST:-127.0.0.1} # a local run answers this machine only; HOST=0.0.0.0 opens it

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

sha256_of() {
  if have sha256sum; then sha256sum "$1" | cut -d ' ' -f 1; else shasum -a 256 "$1" | cut -d ' ' -f 1; fi
}

. "$root/deploy/local/services.sh"
