#!/usr/bin/env bash
# Runs train.py with what the service needs to become ready: a model, or a control plane (deploy/cluster).
# usage: train.sh OUT NAME; exit status 3: a training run is not possible here, and one line said why.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
out=$1 name=$2
say "$name: a training run"
case $name in
  inference-service)
    DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
    export DEMO_MODEL
    ;;
  operator)
    cluster=$(mktemp -d)
    trap '"$root/deploy/cluster/stop.sh" "$cluster"; rm -rf "$cluster"' EXIT
    variables=$("$root/deploy/local/test-cluster.sh" "$cluster")
    eval "$variables"
    kubectl apply -f "$root/operator/crd" >/dev/null
    ;;
esac
"$root/deploy/images/train.py" "$out" "$name"
