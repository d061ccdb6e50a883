#!/usr/bin/env bash
# The packaged operator on a cluster with a real kubelet (level 2 of deploy/cluster): what fake pods do not have, logs
# and containers that end. Needs root and a container runtime; where they are not there it says so in one line.
set -euo pipefail
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/local/go/bin

missing=
[ "$(id -u)" = 0 ] || missing=" root"
for program in containerd runc buildah conntrack iptables go python3 kubectl; do
  have "$program" || missing="$missing $program"
done
[ -x /usr/lib/cni/bridge ] || missing="$missing containernetworking-plugins"
[ -x "${TESTCLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-testcluster}/bin/kube" ] || missing="$missing the test cluster's programs"
[ -f "$root/operator/target/quarkus-app/quarkus-run.jar" ] || missing="$missing the packaged operator"
if [ -n "$missing" ]; then
  say "the operator was not tried on a real kubelet: no$missing here"
  exit 0
fi

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
unset KUBECONFIG
work=$(mktemp -d)
trap '"$root/deploy/cluster/stop.sh" "$work/cluster"; rm -rf "$work"' EXIT
mkdir -p "$work/root/usr/bin"
(cd "$root/deploy/cluster/images" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$work/root/usr/bin/vllm" vllm.go)
"$root/deploy/cluster/image.sh" localhost/testcluster/vllm:1 "$work/vllm.tar" "$work/root" /usr/bin/vllm
if ! variables=$(TESTCLUSTER_GPUS=4 "$root/deploy/cluster/node-start.sh" "$work/cluster" "$work/vllm.tar" 2>"$work/node.log"); then
  say "the operator was not tried on a real kubelet: this machine starts no node, as the next lines tell"
  tail -n 5 "$work/node.log" >&2
  exit 0
fi
eval "$variables"
PYTHONDONTWRITEBYTECODE=1 python3 "$root/deploy/test/operator_node_test.py"
