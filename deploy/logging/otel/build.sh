#!/usr/bin/env bash
# Builds the OpenTelemetry Collector out of its Go modules, with the parts that collector.yaml and
# to-otlp.yaml name, once for each state of its sources, below the cache folder; prints its path.
# Fails where there is no Go or its modules cannot be had.
set -euo pipefail
cd "$(dirname "$0")/program"
. ../../../local/common.sh

have go || fail "no go on the PATH: install Go 1.25 or newer."
folder=$cache_dir/go/otelcol-$(cat go.mod go.sum main.go ../build.sh | cksum | cut -d ' ' -f 1)
if [ ! -x "$folder/otelcol" ]; then
  say "building the OpenTelemetry Collector: once, some minutes"
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/.work-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags '-s -w' -o "$work/otelcol" . >&2 ||
    fail "the OpenTelemetry Collector could not be built."
  mv "$work/otelcol" "$folder/otelcol"
fi
printf '%s\n' "$folder/otelcol"
