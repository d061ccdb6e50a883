#!/usr/bin/env bash
# Runs all tests, or those of the module named. Brings the demo model first: tests read its path from DEMO_MODEL.
# A part that fails does not keep the next ones from being run: who waits for half an hour reads all that is wrong,
# by name at the end.
set -euo pipefail
. "$(dirname "$0")/common.sh"

have mvn || fail "no mvn on the PATH: install Maven 3.8.7 or newer (Debian: apt-get install maven)."
JAVA_HOME=$("$root/deploy/local/jdk.sh")
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export JAVA_HOME DEMO_MODEL PYTHONDONTWRITEBYTECODE=1
cd "$root"
# A cluster of yours is never touched: the operator's tests get one of their own, after the others.
unset KUBECONFIG

failed=()
# A command of this tree. Its status may be one that says what is missing here: part [STATUS:REASON] COMMAND...
part() {
  local missing="" status=0
  case $1 in [0-9]:*) missing=$1 && shift ;; esac
  "$@" || status=$?
  if [ "$status" != 0 ] && [ "$status" = "${missing%%:*}" ]; then
    say "${missing#*:}"
  elif [ "$status" != 0 ]; then
    failed+=("${*#"$root/"}")
  fi
}
of() { # whether what is to be tested is everything, or one of these modules
  [ -z "$module" ] || [[ " $* " == *" $module "* ]]
}
module=${1:-}

# The format first: it takes seconds, the tests take minutes.
[ -n "$module" ] || "$root/deploy/local/test-scripts.sh"
case $module in
  operator) ;;
  "") part mvn -B -ntp -fae -pl '!operator' spotless:check verify ;;
  *) part mvn -B -ntp -pl "$module" -am spotless:check verify ;;
esac
if of operator; then part "$root/deploy/local/test-operator.sh"; fi

if ! have python3; then
  say "no python3 here: the chart (helm/), the services together and the Python clients were not tried"
else
  # The chart: it carries the operator's definition and rights, and the rules of deploy/monitoring.
  if of operator; then part "3:no test cluster here: the chart (helm/) was not tried" "$root/helm/test.sh"; fi

  # The packaged services together, and through clients of another language, where there is that language.
  if of inference-service auth-service cache-service; then
    "$root/deploy/local/build.sh" # of one module alone the other one may be missing
    part python3 "$root/deploy/test/authorization_test.py"
    part python3 "$root/deploy/test/answer_cache_test.py"
    part python3 "$root/deploy/test/replicas_test.py"
    part python3 "$root/deploy/test/lifecycle_test.py"
    part python3 "$root/deploy/test/faults_test.py"
    part python3 "$root/deploy/test/prefix_cache_test.py"
    part "$root/deploy/local/test-python-client.sh"
    part "2:no nginx with ModSecurity here: deploy/edge was not tried" "$root/deploy/edge/test.sh"
    part "$root/deploy/doctor/test/test.sh"
    part python3 "$root/deploy/admin/test/admin_test.py"
    part python3 "$root/deploy/documents/test/documents_test.py"
    part "$root/deploy/logging/test.sh"
    part "$root/deploy/images/test.sh" compose
    part python3 "$root/deploy/gpu/peers/floor_test.py"
    part "2:no Prometheus here: deploy/monitoring was not tried" "$root/deploy/monitoring/test.sh"
  fi
fi

if [ "${#failed[@]}" != 0 ]; then
  say "${#failed[@]} of the tests' parts failed:"
  for command in "${failed[@]}"; do say "  $command"; done
  exit 1
fi
