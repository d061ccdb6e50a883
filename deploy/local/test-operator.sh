#!/usr/bin/env bash
# The operator's tests, on a real control plane that is started for them (deploy/cluster). Where it cannot be had
# they say so in one line and do what needs none.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$root"
unset KUBECONFIG

cluster=$(mktemp -d)
trap '"$root/deploy/cluster/stop.sh" "$cluster"; rm -rf "$cluster"' EXIT
if variables=$("$root/deploy/local/test-cluster.sh" "$cluster"); then
  eval "$variables"
  mvn -B -ntp -pl operator -am spotless:check verify
  if have python3; then
    PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/operator_test.py"
    "$root/deploy/local/test-operator-node.sh"
  else
    say "no python3 here: the packaged operator was not tried"
  fi
elif [ $? = 3 ]; then
  say "the operator's tests on a cluster were left out: no test cluster here"
  mvn -B -ntp -pl operator -am spotless:check verify
else
  exit 1
fi
