#!/usr/bin/env bash
# make e2e: the platform on a real Kubernetes node, from images to nothing: installed by Helm, asked through the edge, watched,
# upgraded, rolled back, drained and hurt under load, removed. Needs root and the Debian packages below, which it installs;
# deploy/cluster/README.md says what such a node has and lacks. The result is also written to target/e2e/result.txt.
#
#   IMAGES_DIR=FOLDER  takes AUTH-SERVICE.tar and so on from there and builds none
#   KEEP=1             leaves the cluster running and prints how to reach it
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
cd "$root"
begun=$(date +%s)
step() { printf '%5d s  %s\n' $(($(date +%s) - begun)) "$*"; }

[ "$(id -u)" = 0 ] || fail "make e2e starts a node (containerd, kubelet) in namespaces of its own, and needs root for that."
packages=(containerd runc buildah containernetworking-plugins conntrack iptables iproute2 openssl)
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
if [ ${#missing[@]} != 0 ]; then
  step "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
PATH=$PATH:/usr/local/go/bin
have kubectl || fail "no kubectl on the PATH: install it (Debian: apt-get install kubernetes-client)."

work=$(mktemp -d)
chmod 755 "$work" # PostgreSQL and Redis run as nobody below it
finish() {
  if [ -n "${KEEP:-}" ]; then
    step "kept: . $work/cluster/env; nsenter -n -t \$TESTCLUSTER_PID; deploy/cluster/stop.sh $work/cluster; rm -rf $work"
  else
    "$root/deploy/cluster/stop.sh" "$work/cluster" || true
    rm -rf "$work"
  fi
}
trap finish EXIT

step "the test cluster's programs"
"$root/deploy/cluster/build.sh" >&2
images=${IMAGES_DIR:-$root/target/images}
if [ -z "${IMAGES_DIR:-}" ]; then
  step "images of the four services"
  JAVA_HOME=$("$root/deploy/local/jdk.sh") "$root/deploy/images/build.sh" >"$work/images.log" 2>&1 ||
    { tail -n 20 "$work/images.log" >&2; fail "the images could not be built."; }
fi
step "nginx' image"
"$root/deploy/e2e/nginx-image.sh" "$work/nginx.tar"
model=$("$root/deploy/local/demo-model.sh")
mkdir -p "$work/models"
cp "$model" "$work/models/demo.gguf"
chmod -R a+rX "$work/models"
program() { "$root/deploy/local/debian-program.sh" "$@"; }
PROMETHEUS=$(program prometheus prometheus)
ALERTMANAGER=$("$root/deploy/monitoring/alertmanager.sh" "$work")

step "a node"
variables=$("$root/deploy/cluster/node-start.sh" "$work/cluster" "$work/nginx.tar" \
  "$images"/{auth-service,cache-service,inference-service,operator}.tar)
eval "$variables"
HELM=${TESTCLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/deepseek-testcluster}/bin/helm
export HELM PROMETHEUS ALERTMANAGER PYTHONDONTWRITEBYTECODE=1 WORK=$work BEGUN=$begun
export HELM_CACHE_HOME=$work/helm HELM_CONFIG_HOME=$work/helm HELM_DATA_HOME=$work/helm
mkdir -p "$root/target/e2e"
# In the node's network: pods and Services answer there.
status=0
nsenter -n -t "$TESTCLUSTER_PID" python3 "$root/deploy/e2e/e2e.py" "$root/target/e2e/result.txt" || status=$?
step "over; target/e2e/result.txt has the table"
exit "$status"
