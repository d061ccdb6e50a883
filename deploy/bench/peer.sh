#!/usr/bin/env bash
# Builds the peer's benchmark and prints the command that runs it, less its last arguments. The libraries
# of llama.cpp come prebuilt, one per kind of processor, out of an npm package; the headers that fit them
# out of the release bundle in its sister package. No JavaScript of theirs is run.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

release=3.22.1
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) fail "the peer benchmark runs on Linux x86-64 and arm64, this is $(uname -s) $(uname -m)." ;;
esac
peer=$cache_dir/llama.cpp/$release-$platform
libraries=$peer/native/bins/$platform
source=$root/deploy/bench/llama_bench.cpp
program=$peer/llama_bench
work=''

fetch() {
  local tool name
  for tool in npm tar git; do have "$tool" || fail "make bench needs $tool to obtain llama.cpp: install it and run again."; done
  mkdir -p "$cache_dir/llama.cpp"
  work=$(mktemp -d "$cache_dir/llama.cpp/.download.XXXXXX")
  trap 'rm -rf "$work"' EXIT # nothing half fetched stays
  for name in "node-llama-cpp@$release" "@node-llama-cpp/$platform@$release"; do
    say "llama.cpp: downloading $name"
    (cd "$work" && npm pack --silent --ignore-scripts "$name" >/dev/null) ||
      fail "$name could not be had with npm pack: check the network and run again."
  done
  mkdir "$work/peer" "$work/peer/native" "$work/peer/package"
  tar -xzf "$work"/node-llama-cpp-"$platform"-"$release".tgz -C "$work/peer/native" --strip-components 1
  tar -xzf "$work/node-llama-cpp-$release.tgz" -C "$work/peer/package" --strip-components 1
  git clone --quiet --no-checkout "$work/peer/package/llama/gitRelease.bundle" "$work/peer/headers"
  git -C "$work/peer/headers" checkout --quiet HEAD -- include ggml/include
  sed -n 's/.*"tag" *: *"\([^"]*\)".*/\1/p' "$work/peer/package/llama/llama.cpp.info.json" >"$work/peer/release"
  rm -rf "$work/peer/package" "$work/peer/headers/.git"
  mv -T "$work/peer" "$peer"
}

[ -d "$libraries" ] || fetch
if [ ! -x "$program" ] || [ "$source" -nt "$program" ]; then
  have g++ || fail "make bench needs g++ to build the peer's benchmark (Debian: apt-get install g++)."
  g++ -std=c++17 -O2 -Wall -Wextra -DRELEASE="\"$(cat "$peer/release")\"" \
    -I "$peer/headers/include" -I "$peer/headers/ggml/include" -o "$program" "$source" \
    "$libraries"/libllama.*.so "$libraries"/libggml.*.so "$libraries/libggml-base.so" -Wl,-rpath,"$libraries"
fi
printf '%s\n' "$program" "$libraries"
