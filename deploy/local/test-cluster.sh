#!/usr/bin/env bash
# Starts the test cluster of deploy/cluster in the folder named, building its programs first if they
# are not in the cache folder, and prints what to export. deploy/cluster/stop.sh FOLDER ends it.
# Exit code 3: the cluster cannot be had on this machine, and the one line printed says why.
set -euo pipefail
. "$(dirname "$0")/common.sh"
folder=$1

PATH=$PATH:/usr/local/go/bin # where Go's own archive unpacks to

unavailable() {
  say "no test cluster here: $*"
  exit 3
}

# need COMMAND PACKAGE WHY: as root on a Debian the package is installed, else it is asked for.
need() {
  if have "$1"; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "test cluster: installing $2"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"; } >&2 || true
  fi
  have "$1" || unavailable "no $1 on the PATH, $3: install it (Debian: apt-get install $2)."
}

need curl curl "with which the test cluster's start is watched"
need kubectl kubernetes-client "which the operator's tests apply their examples with"
if [ ! -x "${TESTCLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-testcluster}/bin/kube" ]; then
  need go golang-go "which builds the test cluster of the operator's tests (1.21 or newer)"
  say "test cluster: building Kubernetes from its Go modules, once; this takes 5 to 15 minutes and 4 GB"
  (cd "$root/deploy/cluster/kube" && CGO_ENABLED=0 go list -deps . helm.sh/helm/v3/cmd/helm >/dev/null) ||
    unavailable "the lines above say why Go could not fetch the modules of Kubernetes (Go 1.21 or newer, and its module proxy)."
fi
"$root/deploy/cluster/build.sh" >&2 || fail "the test cluster could not be built: the lines above say why; the operator's tests need it."
"$root/deploy/cluster/start.sh" "$folder"
