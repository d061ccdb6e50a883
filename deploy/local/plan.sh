#!/usr/bin/env bash
# Says what a model needs of GPUs and how fast it can be there: make plan MODEL=deepseek-v3 GPU=h200.
# MODEL is a name of deploy/plan, a folder with config.json or a GGUF file; GPU, GPUS, PRECISION, BATCH,
# CONTEXT, TOKENS_PER_STEP are read by the command itself.
set -euo pipefail
. "$(dirname "$0")/common.sh"

names=$(cd "$root/deploy/plan" && printf '%s ' */)
[ -n "${MODEL:-}" ] || fail "say which model: MODEL=NAME, one of ${names//\//}or a folder with config.json, or a GGUF file."
folder=$MODEL
[ ! -d "$root/deploy/plan/$MODEL" ] || folder=$root/deploy/plan/$MODEL

JAVA_HOME=$("$root/deploy/local/jdk.sh")
export JAVA_HOME
classes=$root/inference-service/target
classpath=$classes/plan.classpath
if [ ! -e "$classpath" ] || [ -n "$(find "$root/inference-service/src/main/java/platform/deepseek/inference/"{plan,model,weights} -newer "$classpath" -name '*.java' -print -quit)" ]; then
  mkdir -p "$classes"
  (cd "$root" && mvn -B -q -ntp compile dependency:build-classpath -Dmdep.outputFile="$classpath.new" \
    -Dmdep.includeScope=compile -pl inference-service) >"$classes/plan.log" 2>&1 ||
    fail "the planner does not compile: $classes/plan.log says why."
  mv "$classpath.new" "$classpath"
fi
exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC --add-modules=jdk.incubator.vector -cp "$classes/classes:$(cat "$classpath")" \
  platform.deepseek.inference.plan.PlanCommand "$folder" 2> >(grep -v '^WARNING: Using incubator' >&2)
