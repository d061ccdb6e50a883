#!/usr/bin/env bash
# Runs all tests, or those of the module named. Brings the demo model first: tests read its path from DEMO_MODEL.
set -euo pipefail
. "$(dirname "$0")/common.sh"

have mvn || fail "no mvn on the PATH: install Maven 3.8.7 or newer (Debian: apt-get install maven)."
JAVA_HOME=$("$root/deploy/local/jdk.sh")
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export JAVA_HOME DEMO_MODEL
cd "$root"
# A cluster of yours is never touched: the operator's tests get one of their own, after the others.
unset KUBECONFIG
# The format first: it takes seconds, the tests take minutes.
if [ -z "${1:-}" ]; then "$root/deploy/local/test-scripts.sh"; fi
case "${1:-}" in
  operator) ;;
  "") mvn -B -ntp -pl '!operator' spotless:check verify ;;
  *) mvn -B -ntp -pl "$1" -am spotless:check verify ;;
esac
if [ -z "${1:-}" ] || [ "$1" = operator ]; then "$root/deploy/local/test-operator.sh"; fi

# The chart: it carries the operator's definition and rights, and the rules of deploy/monitoring.
if [ -z "${1:-}" ] || [ "$1" = operator ]; then
  if have python3; then
    status=0
    "$root/helm/test.sh" || status=$?
    case $status in 0) ;; 3) say "no test cluster here: the chart (helm/) was not tried" ;; *) exit "$status" ;; esac
  else
    say "no python3 here: the chart (helm/) was not tried"
  fi
fi

# The packaged services together, and through clients of another language, where there is that language.
if [ -z "${1:-}" ] || [ "$1" = inference-service ] || [ "$1" = auth-service ] || [ "$1" = cache-service ]; then
  if have python3; then
    "$root/deploy/local/build.sh" # of one module alone the other one may be missing
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/authorization_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/answer_cache_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/replicas_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/lifecycle_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/faults_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/prefix_cache_test.py"
    "$root/deploy/local/test-python-client.sh"
    status=0
    "$root/deploy/edge/test.sh" || status=$?
    case $status in 0) ;; 2) say "no nginx with ModSecurity here: deploy/edge was not tried" ;; *) exit "$status" ;; esac
    "$root/deploy/doctor/test/test.sh"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/admin/test/admin_test.py"
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/documents/test/documents_test.py"
    "$root/deploy/logging/test.sh"
    "$root/deploy/images/test.sh" compose
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/gpu/peers/floor_test.py"
    status=0
    "$root/deploy/monitoring/test.sh" || status=$?
    case $status in 0) ;; 2) say "no Prometheus here: deploy/monitoring was not tried" ;; *) exit "$status" ;; esac
  else
    say "no python3 here: the services were not tried together, nor the Python clients"
  fi
fi
