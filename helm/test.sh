#!/usr/bin/env bash
# The chart's tests: lint, schema, golden files, its edge under nginx, and a release on a real control plane (deploy/cluster),
# which brings Helm too. UPDATE=1 writes the golden files anew. Exit status 3: neither can be had here, and a line says why.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/local/common.sh
unset KUBECONFIG

cluster=$(mktemp -d)
trap '"$root/deploy/cluster/stop.sh" "$cluster"; rm -rf "$cluster"' EXIT
variables=$("$root/deploy/local/test-cluster.sh" "$cluster") || exit $?
eval "$variables"
HELM=${TESTCLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-testcluster}/bin/helm
export HELM PYTHONDONTWRITEBYTECODE=1
# Helm's own folders are not the user's.
export HELM_CACHE_HOME=$cluster/helm HELM_CONFIG_HOME=$cluster/helm HELM_DATA_HOME=$cluster/helm
cd helm/tests
python3 chart_test.py
if EDGE_PACKAGES=$("$root/deploy/local/debian-packages.sh" nginx); then
  EDGE_PACKAGES=$EDGE_PACKAGES python3 edge_test.py
else
  say "no nginx here: the chart's edge was not tried, but as objects"
fi
python3 cluster_test.py
