#!/usr/bin/env bash
# Builds the services named, or those of a local run, with a source that is newer than what was built
# last. Tests run by make test.
set -euo pipefail
. "$(dirname "$0")/common.sh"

stale=''
# shellcheck disable=SC2046 # one word a service
[ $# -gt 0 ] || set -- $(service_names)
for name; do
  built=$(service_app "$name")/quarkus-run.jar
  if [ ! -f "$built" ] ||
    [ -n "$(find "$root/pom.xml" "$root/$name/pom.xml" "$root/$name/src/main" -newer "$built" -print -quit)" ]; then
    stale="$stale${stale:+,}$name"
  fi
done
[ -n "$stale" ] || exit 0
have mvn || fail "no mvn on the PATH: install Maven 3.8.7 or newer (Debian: apt-get install maven)."
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME

mkdir -p "$run_dir"
log=$run_dir/build.log
say "building $stale (the first time Maven fetches its libraries; log: $run_dir/build.log)"
begun=$SECONDS
# Taken before the compiler reads the sources: what is edited meanwhile counts as newer.
touch "$run_dir/build-begun"
(cd "$root" && exec mvn -B package -Dmaven.test.skip -pl "$stale" -am) >"$log" 2>&1 &
build=$!
trap 'kill "$build" 2>/dev/null || true; exit 130' INT TERM
while kill -0 "$build" 2>/dev/null; do
  if [ -t 2 ]; then
    printf '\rbuilding: %d s, %d files fetched ' $((SECONDS - begun)) "$(grep -c '^Downloaded' "$log" || true)" >&2
  fi
  sleep 0.5
done
[ ! -t 2 ] || printf '\r\033[K' >&2
if ! wait "$build"; then
  grep '^\[ERROR\]' "$log" | grep -v '[[:space:]]at ' | head -n 12 >&2 || tail -n 12 "$log" >&2
  fail "the build failed: the first errors are above, all of it is in $log."
fi
for name in ${stale//,/ }; do touch -r "$run_dir/build-begun" "$(service_app "$name")/quarkus-run.jar"; done
say "built in $((SECONDS - begun)) s"
