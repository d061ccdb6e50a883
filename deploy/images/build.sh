#!/usr/bin/env bash
# Builds OCI images of the services named, or of all, without a container engine: target/images/NAME.tar, beside it
# NAME.sbom.json (CycloneDX) and NAME.digest. The same sources, JDK and packages of debian.lock give the same digest,
# but for the cache of classes that a training run leaves, which is the last layer.
# usage: build.sh [SERVICE...]; by its name alone: inference-service-cuda, which fetches 1.3 GB
#   VERSION=1.2.3          the tag; the pom's version by default
#   AOT=no                 no cache of classes (the service starts slower, two builds anywhere have one digest)
#   AOT=FOLDER             the caches of the images FOLDER/NAME.tar: to prove that an image is what its sources make
#   IMAGES_DIR=FOLDER      instead of target/images
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

here=$root/deploy/images
out=${IMAGES_DIR:-$root/target/images}
export PYTHONDONTWRITEBYTECODE=1
case $(uname -sm) in 'Linux x86_64') ;; *) fail "images are built on Linux x86_64 only, and this is $(uname -sm)." ;; esac
for program in mvn python3 apt-get dpkg-deb; do
  have "$program" || fail "no $program on the PATH, which images are built with."
done
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME

names=${*:-$(python3 "$here/stage.py" names)}
applications=$(for name in $names; do python3 "$here/stage.py" application "$name"; done | sort -u)
# shellcheck disable=SC2086 # names are words
"$root/deploy/local/build.sh" $applications

pom() { sed -n "s|^ *<$1>\(.*\)</$1>.*|\1|p" "$root/pom.xml" | head -n 1; }
version=${VERSION:-$(pom version)}
created=$(pom project.build.outputTimestamp)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || revision=$revision-modified

mkdir -p "$out"
out=$(cd "$out" && pwd)
tools=$out/tools.classpath
if [ ! "$tools" -nt "$here/pom.xml" ]; then
  mvn -B -q -ntp -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile="$tools.new" >"$out/tools.log" 2>&1 || fail "Jib could not be fetched: $out/tools.log says why."
  mv "$tools.new" "$tools"
fi

# What Maven says of the modules named: one run for all whose poms are newer.
maven_boms() {
  local name stale='' bom
  for name in "$@"; do
    bom=$root/$name/target/sbom/sbom.json
    if [ ! "$bom" -nt "$root/pom.xml" ] || [ ! "$bom" -nt "$root/$name/pom.xml" ]; then
      stale="$stale${stale:+,}$name"
    fi
  done
  [ -n "$stale" ] || return 0
  say "asking Maven what $stale consist of"
  (cd "$root" && mvn -B -q -ntp org.cyclonedx:cyclonedx-maven-plugin:2.9.1:makeBom -DoutputFormat=json -DoutputName=sbom \
    -DincludeProvidedScope=false -Dcyclonedx.skipAttach=true "-DoutputDirectory=\${project.build.directory}/sbom" \
    -pl "$stale") >"$out/sbom.log" 2>&1 || fail "the parts could not be listed: $out/sbom.log says why."
}

# The cache of classes of service $1, for image $2: kept where nothing changed that a training run sees.
class_cache() {
  local name=$1 image=$2 key status=0
  case ${AOT:-} in
    no) rm -rf "$out/$name/aot" "$out/$name/aot.key"; return ;;
    '') ;;
    *) rm -f "$out/$name/aot.key"; python3 "$here/stage.py" aot "$out" "$name" "$AOT/$image.tar"; return ;;
  esac
  key=$(python3 "$here/stage.py" key "$out" "$name")
  if [ "$key" != "$(cat "$out/$name/aot.key" 2>/dev/null)" ] || [ ! -e "$out/$name/aot/app/service.aot" ]; then
    rm -f "$out/$name/aot.key"
    "$here/train.sh" "$out" "$name" || status=$?
    case $status in 0) printf '%s\n' "$key" >"$out/$name/aot.key" ;; 3) rm -rf "$out/$name/aot" ;; *) exit "$status" ;; esac
  fi
}

# shellcheck disable=SC2086
maven_boms $applications
say "staging what all images share"
python3 "$here/stage.py" base "$out" "$JAVA_HOME" "$cache_dir/debian-packages" "$created"
for name in $names; do
  begun=$SECONDS
  application=$(python3 "$here/stage.py" application "$name")
  python3 "$here/stage.py" service "$out" "$application" "$(service_app "$application")" "$created"
  class_cache "$application" "$name"
  [ "$name" = "$application" ] || python3 "$here/cuda.py" "$out" "$cache_dir/cuda" "$created"
  sbom=$(python3 "$here/sbom.py" image "$out" "$name" "$root/$application/target/sbom/sbom.json" "$JAVA_HOME" "$(service_app "$application")")
  python3 "$here/stage.py" plan "$out" "$name" "$version" "$revision" "$created" "platform.deepseek.sbom.sha256=$sbom"
  "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow -cp "$(cat "$tools")" "$here/BuildImage.java" \
    "$out/$name/plan.json" "$out/$name.tar.new" "$out/layers" >"$out/$name.digest"
  mv "$out/$name.tar.new" "$out/$name.tar"
  say "$name: $out/$name.tar, $(du -m "$out/$name.tar" | cut -f 1) MB, $(cat "$out/$name.digest"), $((SECONDS - begun)) s"
done
