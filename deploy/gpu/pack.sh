#!/usr/bin/env bash
# Makes the folder APP that check.sh runs from: the compiled service and its tests, the jars they
# need there, the golden files, the service as it is packaged, the peers, and the scripts.
# Run `mvn package -DskipTests` (or make start) before; it compiles the tests too.
# usage: pack.sh APP
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?APP}
service="$root/inference-service"
[ -d "$service/target/test-classes/platform" ] || { echo "pack.sh: compile the tests first"; exit 2; }
[ -e "$service/target/quarkus-app/quarkus-run.jar" ] || { echo "pack.sh: package the service first"; exit 2; }
rm -rf "$out"
mkdir -p "$out/jars" "$out/test-classes/platform/deepseek/inference"
cp -r "$service/target/classes" "$out/classes"
rm -rf "$out/classes/META-INF"
for package in bench runner; do
  cp -r "$service/target/test-classes/platform/deepseek/inference/$package" \
    "$out/test-classes/platform/deepseek/inference/"
done
cp -r "$service/src/test/resources/fixtures" "$out/fixtures"
cp "$root"/deploy/gpu/*.sh "$out/"
cp -r "$root/deploy/gpu/peers" "$out/peers"
python3 "$root/deploy/gpu/slim.py" "$service/target/quarkus-app" "$out/service"
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}/com/fasterxml/jackson/core
for jar in jackson-core/2.20.1/jackson-core-2.20.1 jackson-databind/2.20.1/jackson-databind-2.20.1 \
    jackson-annotations/2.20/jackson-annotations-2.20; do
  cp "$repository/$jar.jar" "$out/jars/"
done
du -sh "$out"
