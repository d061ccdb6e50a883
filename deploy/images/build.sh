#!/usr/bin/env bash
# Builds OCI images of the services named, or of all, without a container engine: target/images/NAME.tar.
# The same sources, JDK and packages of debian.lock give the same digest; it is printed and kept in NAME.digest.
# usage: build.sh [SERVICE...]; VERSION is the tag, the pom's version by default.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"

here=$root/deploy/images
out=${IMAGES_DIR:-$root/target/images}
case $(uname -sm) in 'Linux x86_64') ;; *) fail "images are built on Linux x86_64 only, and this is $(uname -sm)." ;; esac
for program in mvn python3 apt-get dpkg-deb; do
  have "$program" || fail "no $program on the PATH, which images are built with."
done
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME

names=${*:-$(python3 "$here/stage.py" names)}
# shellcheck disable=SC2086 # names are words
"$root/deploy/local/build.sh" $names

pom() { sed -n "s|^ *<$1>\(.*\)</$1>.*|\1|p" "$root/pom.xml" | head -n 1; }
version=${VERSION:-$(pom version)}
created=$(pom project.build.outputTimestamp)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || revision=$revision-modified

mkdir -p "$out"
tools=$out/tools.classpath
if [ ! "$tools" -nt "$here/pom.xml" ]; then
  mvn -B -q -ntp -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile="$tools.new" >"$out/tools.log" 2>&1 || fail "Jib could not be fetched: $out/tools.log says why."
  mv "$tools.new" "$tools"
fi

say "staging what all images share"
python3 "$here/stage.py" base "$out/base" "$JAVA_HOME" "$cache_dir/debian-packages"
for name in $names; do
  begun=$SECONDS
  folder=$out/$name
  python3 "$here/stage.py" service "$folder" "$name" "$(service_app "$name")"
  python3 "$here/stage.py" plan "$folder" "$name" "$version" "$revision" "$created"
  "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow -cp "$(cat "$tools")" "$here/BuildImage.java" \
    "$folder/plan.json" "$out/$name.tar.new" "$out/layers" >"$out/$name.digest"
  mv "$out/$name.tar.new" "$out/$name.tar"
  say "$name: $out/$name.tar, $(du -m "$out/$name.tar" | cut -f 1) MB, $(cat "$out/$name.digest"), $((SECONDS - begun)) s"
done
