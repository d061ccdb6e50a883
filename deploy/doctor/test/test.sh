#!/usr/bin/env bash
# Tests of make doctor; the cluster's part on a control plane of its own, where that has been built before
# (deploy/cluster/build.sh), else it says that it was not tried.
set -euo pipefail
. "$(dirname "$0")/../../local/common.sh"

# A cluster of yours is never touched.
unset KUBECONFIG TESTCLUSTER_DIR
if [ -x "${TESTCLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-testcluster}/bin/kube" ] && have kubectl && have curl; then
  folder=$(mktemp -d)
  trap '"$root/deploy/cluster/stop.sh" "$folder"; rm -rf "$folder"' EXIT
  variables=$("$root/deploy/cluster/start.sh" "$folder")
  eval "$variables"
  export TESTCLUSTER_DIR KUBECONFIG
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/doctor/test/doctor_test.py" "$@"
