#!/usr/bin/env bash
# Prints the folder of Kibana's parser, brought by npm once for each state of package-lock.json.
# Fails where there is no node or no npm, or it cannot be had.
set -euo pipefail
cd "$(dirname "$0")"
. ../../../local/common.sh

{ have node && have npm; } || fail "no node and npm on the PATH."
folder=$cache_dir/npm/kibana-$(cksum <package-lock.json | cut -d ' ' -f 1)
if [ ! -d "$folder" ]; then
  mkdir -p "$cache_dir/npm"
  work=$(mktemp -d "$cache_dir/npm/.work-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp package.json package-lock.json "$work"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) || fail "Kibana's parser could not be fetched."
  # Who is second finds the first one's and drops its own: a folder is moved into no other.
  mv -T "$work" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
printf '%s\n' "$folder/node_modules"
