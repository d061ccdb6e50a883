#!/usr/bin/env bash
# Prints the path of a published vocabulary of 200,000 tokens (o200k_base) for the benchmark of token
# masks, and obtains it first if it is not in the cache folder. No JavaScript of the package is run.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

release=1.0.21
folder=$cache_dir/vocabularies
file=$folder/o200k_base-$release.js
sha256=a9e8a0c1f332c58f1a9cef2f8d7be59b31bb4b42531a3a0a64d9ad3b3d19033b
work=''

if [ ! -f "$file" ]; then
  for tool in npm tar; do have "$tool" || fail "the benchmark needs $tool to obtain a vocabulary: install it and run again."; done
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/.download.XXXXXX")
  trap 'rm -rf "$work"' EXIT # nothing half fetched stays
  say "vocabulary: downloading js-tiktoken@$release"
  (cd "$work" && npm pack --silent --ignore-scripts "js-tiktoken@$release" >/dev/null) ||
    fail "js-tiktoken@$release could not be had with npm pack: check the network and run again."
  tar -xzf "$work/js-tiktoken-$release.tgz" -C "$work" package/dist/ranks/o200k_base.js
  [ "$(sha256_of "$work/package/dist/ranks/o200k_base.js")" = "$sha256" ] ||
    fail "the vocabulary in js-tiktoken@$release is not the expected one: check where npm gets its packages from."
  mv "$work/package/dist/ranks/o200k_base.js" "$file"
fi
printf '%s\n' "$file"
