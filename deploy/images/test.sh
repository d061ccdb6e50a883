#!/usr/bin/env bash
# Tests deploy/compose.yaml (test.sh compose, seconds), or builds all images, looks into them, builds one a second
# time in another folder and compares digests, and runs two under runc. What cannot be tried here is said in a line.
# CUDA=1: the image for GPUs too, which fetches 1.3 GB.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
here=$root/deploy/images
export PYTHONDONTWRITEBYTECODE=1
have python3 || fail "no python3 on the PATH, which the images are tested with."

# The schema of the Compose specification comes as a Go module.
compose() {
  local version=v2.4.7 module folder status=0
  module=github.com/compose-spec/compose-go/v2
  have go || { say "no go here, which fetches the schema: deploy/compose.yaml was NOT tried"; return; }
  folder=$(cd / && go mod download -json "$module@$version" 2>/dev/null | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || true
  [ -n "$folder" ] || { say "the schema could not be fetched: deploy/compose.yaml was NOT tried"; return; }
  "$here/compose_test.py" "$folder/schema/compose-spec.json" || status=$?
  case $status in 0) ;; 2) say "no PyYAML or jsonschema here: deploy/compose.yaml was NOT tried" ;; *) exit "$status" ;; esac
}

compose
[ "${1:-}" != compose ] || exit 0

out=${IMAGES_DIR:-$root/target/images}
"$here/build.sh"
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
names=$(python3 "$here/stage.py" names)
cuda=''
if [ -n "${CUDA:-}" ]; then
  cuda=inference-service-cuda
  "$here/build.sh" "$cuda"
else
  say "CUDA=1 is not set: the image for GPUs was NOT tried"
fi
# shellcheck disable=SC2086 # names are words
"$here/images_test.py" "$out" $names $cuda

again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
aot=$out
[ -d "$out/auth-service/aot" ] || aot=no
IMAGES_DIR=$again AOT=$aot "$here/build.sh" auth-service
cmp "$out/auth-service.digest" "$again/auth-service.digest" || fail "two builds of auth-service have two digests."
cmp "$out/auth-service.sbom.json" "$again/auth-service.sbom.json" || fail "two builds of auth-service have two SBOMs."
say "two builds of auth-service have one digest: $(cat "$again/auth-service.digest")"

if [ -n "$cuda" ] && [ "$(id -u)" = 0 ]; then
  # What starts it on machines with a GPU, tried without one.
  DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
  "$root/deploy/gpu/image.py" pack "$out/$cuda.tar" "$again/carried"
  "$root/deploy/gpu/image.py" run "$again/carried" none "$DEMO_MODEL" "$again" --processor
fi
if [ "$(id -u)" = 0 ] && have runc; then
  [ -z "$cuda" ] || DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
  export DEMO_MODEL=${DEMO_MODEL:-}
  for name in auth-service cache-service $cuda; do "$here/run_test.py" "$out/$name.tar" "$name"; done
else
  say "no root or no runc here: no image was run"
fi
