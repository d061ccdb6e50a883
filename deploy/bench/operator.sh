#!/usr/bin/env bash
# Measures the packaged operator on the test cluster of deploy/cluster: RESOURCES (1,000) small models, each with its
# Deployment, Service, policies and the rest, on fake nodes. Prints a table.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

have python3 || fail "no python3 on the PATH: the benchmark of the operator is written in it."
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
unset KUBECONFIG
if [ ! -f "$root/operator/target/quarkus-app/quarkus-run.jar" ] || [ "${BUILD:-1}" = 1 ]; then
  say "building"
  (cd "$root" && mvn -B -q -ntp package -DskipTests -pl operator)
fi

work=$(mktemp -d)
trap '"$root/deploy/cluster/stop.sh" "$work/cluster"; rm -rf "$work"' EXIT
cat >"$work/audit.yaml" <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{level: Metadata, users: ["system:serviceaccount:bench:operator"]}, {level: None}]
END
export TESTCLUSTER_APISERVER_FLAGS="--audit-policy-file=$work/audit.yaml --audit-log-path=$work/audit.log --max-requests-inflight=2000 --max-mutating-requests-inflight=1000"
variables=$("$root/deploy/local/test-cluster.sh" "$work/cluster")
eval "$variables"
AUDIT=$work/audit.log WORK=$work RESOURCES=${RESOURCES:-1000} PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/bench/operator_bench.py"
