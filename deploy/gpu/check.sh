#!/usr/bin/env bash
# Checks and measures the engine on a machine with an NVIDIA GPU and nothing but its driver.
# usage: check.sh BUNDLE APP SMOLLM2.gguf [SCRATCH]
#   BUNDLE   a folder with jre/ (JDK 25) and lib/ (ONNX Runtime for CUDA and CUDA's libraries)
#   APP      what pack.sh made
#   SCRATCH  a fast folder with room for 8 GB, default /dev/shm
# Options, as environment variables:
#   PARTS         of device numerics mixtures gguf sampling speed memory preemption soak faults http image peers,
#                 with commas; default all but faults, image and peers
#   SECONDS_MAX   no part begins after so many, default 300; SOAK: seconds of mixed load, default 60
#   CLIENTS       of the http part, default 1,8,64,256
#   IMAGE         for image: what image.py pack made, default APP/image
#   VLLM          for peers: a folder of Python packages with vLLM; absent: vLLM is not measured
#   PROCESSOR=1   to try the check itself without a GPU, with tiny sizes and with the library that
#                 DEEPSEEK_ORT_LIBRARY names; BUNDLE/lib is not needed then
# http and image need python3, image root too; peers needs python3 with torch and transformers.
# One report on stdout; exit status 0 when every part passed.
set -euo pipefail
bundle=${1:?BUNDLE}; app=${2:?APP}; model=${3:?SMOLLM2.gguf}; scratch=${4:-/dev/shm}
parts=${PARTS:-device,numerics,mixtures,gguf,sampling,speed,memory,preemption,soak,http}
most=${SECONDS_MAX:-300}
for needed in "$bundle/jre/bin/java" "$app/classes" "$app/test-classes" "$app/fixtures" "$model"; do
  [ -e "$needed" ] || { echo "check.sh: $needed is not there"; exit 2; }
done
if [ -z "${PROCESSOR:-}" ]; then
  for needed in "$bundle/lib/libonnxruntime.so" "$bundle/lib/libonnxruntime_providers_cuda.so"; do
    [ -e "$needed" ] || { echo "check.sh: $needed is not there"; exit 2; }
  done
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader || true
  export DEEPSEEK_ORT_LIBRARY="$bundle/lib/libonnxruntime.so"
  export LD_LIBRARY_PATH="$bundle/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
has() { case ",$parts," in *",$1,"*) ;; *) false ;; esac; }
java=("$bundle/jre/bin/java" -Xmx8g --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
classes="$app/classes:$app/test-classes:$app/jars/*"
random="$scratch/random-model"
trap 'rm -rf "$random"' EXIT
status=0

own=
for part in device numerics mixtures gguf sampling speed memory preemption soak faults; do
  if has "$part"; then own="$own,$part"; fi
done
if [ -n "$own" ]; then
  timeout -k 5 $((most + 120)) "${java[@]}" -XX:+UseParallelGC -cp "$classes" \
    platform.deepseek.inference.bench.CudaCheck "$app/fixtures" "$model" "$scratch" \
    parts="${own#,}" seconds="$most" soak="${SOAK:-60}" ${PROCESSOR:+processor} || status=$?
  [ "$status" -ne 124 ] || echo "check.sh: stopped after $((most + 120)) s"
fi
if has http || { has peers && [ -n "${VLLM:-}" ]; }; then
  if [ -n "${PROCESSOR:-}" ]; then
    http_model=$model
  else
    http_model=$random
    [ -e "$random/model.safetensors" ] ||
      "${java[@]}" -XX:+UseSerialGC -cp "$classes" platform.deepseek.inference.bench.RandomModel "$random"
  fi
fi
if has http; then
  if [ "$SECONDS" -gt "$most" ]; then
    echo "http: NOT RUN, $SECONDS s are over"; status=1
  else
    "$app/http.sh" "$bundle/jre" "$app" "$http_model" || { echo "http: FAILED"; status=1; }
  fi
fi
if has image; then
  if [ "$SECONDS" -gt "$most" ]; then
    echo "image: NOT RUN, $SECONDS s are over"; status=1
  else
    timeout -k 5 300 python3 "$app/image.py" run "${IMAGE:-$app/image}" "$bundle/lib" "$model" "$scratch" \
      ${PROCESSOR:+--processor} || { echo "image: FAILED"; status=1; }
  fi
fi
if has peers; then
  python3 "$app/peers/floor.py" || { echo "peers: floor FAILED"; status=1; }
  python3 "$app/peers/transformers_bench.py" --seconds "${PEER_SECONDS:-150}" || { echo "peers: transformers FAILED"; status=1; }
  if [ -n "${VLLM:-}" ]; then
    "$app/peers/vllm.sh" "$VLLM" "$random" || { echo "peers: vLLM FAILED"; status=1; }
  fi
fi
exit "$status"
