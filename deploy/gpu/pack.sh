#!/usr/bin/env bash
# Makes the folder APP that check.sh runs from: the compiled service and its tests, the jars they
# need there, the golden files, the service as it is packaged, the peers, and the scripts.
# Run `mvn -pl inference-service package -DskipTests` before, which compiles the tests too.
# usage: pack.sh APP; IMAGE=FILE packs what part image needs of target/images/inference-service-cuda.tar too
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?APP}
service="$root/inference-service"
[ -d "$service/target/test-classes/platform" ] || { echo "pack.sh: the tests are not compiled: mvn -pl inference-service package -DskipTests" >&2; exit 2; }
[ -e "$service/target/quarkus-app/quarkus-run.jar" ] || { echo "pack.sh: the service is not packaged: mvn -pl inference-service package -DskipTests" >&2; exit 2; }
rm -rf "$out"
mkdir -p "$out/jars" "$out/test-classes/platform/deepseek/inference"
cp -r "$service/target/classes" "$out/classes"
rm -rf "$out/classes/META-INF"
tests=$service/target/test-classes/platform/deepseek/inference
for package in bench runner; do
  cp -r "$tests/$package" "$out/test-classes/platform/deepseek/inference/"
done
# What the bench has from other packages' tests.
for class in engine/EngineIntegrity model/GgufOfFolder weights/GgufWriter weights/GgufBytes weights/GgufBlocks; do
  folder=$out/test-classes/platform/deepseek/inference/${class%/*}
  mkdir -p "$folder"
  find "$tests/${class%/*}" -maxdepth 1 \( -name "${class#*/}.class" -o -name "${class#*/}\$*.class" \) \
    -exec cp {} "$folder/" \;
done
cp -r "$service/src/test/resources/fixtures" "$out/fixtures"
cp "$root"/deploy/gpu/*.sh "$root/deploy/gpu/image.py" "$out/"
cp -r "$root/deploy/gpu/peers" "$out/peers"
python3 "$root/deploy/gpu/slim.py" "$service/target/quarkus-app" "$out/service"
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}/com/fasterxml/jackson/core
for jar in jackson-core/2.20.1/jackson-core-2.20.1 jackson-databind/2.20.1/jackson-databind-2.20.1 \
    jackson-annotations/2.20/jackson-annotations-2.20; do
  cp "$repository/$jar.jar" "$out/jars/"
done
[ -z "${IMAGE:-}" ] || python3 "$root/deploy/gpu/image.py" pack "$IMAGE" "$out/image"
du -sh "$out"
