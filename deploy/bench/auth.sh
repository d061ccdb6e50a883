#!/usr/bin/env bash
# Measures what a decision of auth-service costs, with a real PostgreSQL and a real Redis, and as
# inference-service waits for it while the whole platform answers; and whether an unknown key and a
# wrong secret can be told apart by time. Everything is on free ports of this machine.
# SERVICE=1 DECISIONS=1 PLATFORM=1 TIMING=1 choose the parts: all, where none is chosen.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
classes=$root/auth-service/target
results=$classes/bench
mkdir -p "$results"
say "building"
(cd "$root" && mvn -B -q -ntp package dependency:build-classpath -Dmdep.outputFile="$results/classpath" \
  -Dmdep.includeScope=test -DskipTests -pl auth-service) >"$results/build.log" 2>&1 ||
  fail "the benchmark does not build: $results/build.log says why."
bench() {
  "$JAVA_HOME/bin/java" -Xmx512m -Djava.util.logging.manager=org.jboss.logmanager.LogManager \
    -cp "$classes/test-classes:$classes/classes:$(cat "$results/classpath")" "$@"
}
case "${SERVICE:-}${DECISIONS:-}${PLATFORM:-}${TIMING:-}" in *1*) other=0 ;; *) other=1 ;; esac
say "load before: $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) cores"
[ "${SERVICE:-$other}" = 0 ] || bench platform.deepseek.auth.bench.ServiceBench "$classes/quarkus-app/quarkus-run.jar"
[ "${DECISIONS:-$other}" = 0 ] || bench platform.deepseek.auth.decision.DecisionThroughput
if [ "${PLATFORM:-$other}" != 0 ] && have python3; then
  "$root/deploy/local/build.sh"
  DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
  export DEMO_MODEL
  PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/bench/whole_platform.py"
fi
[ "${TIMING:-$other}" = 0 ] || bench platform.deepseek.auth.identity.GuessTiming
