#!/usr/bin/env bash
# Checks and measures the engine on a machine with an NVIDIA GPU and nothing but its driver.
# usage: check.sh BUNDLE APP SMOLLM2.gguf [SCRATCH]
#   BUNDLE   a folder with jre/ (JDK 25) and lib/ (ONNX Runtime for CUDA and CUDA's libraries)
#   APP      what pack.sh made: classes/, test-classes/, jars/, fixtures/
#   SCRATCH  a fast folder with room for 4 GB, default /dev/shm
# One report on stdout; exit status 0 when every part passed. Six minutes at most.
set -euo pipefail
bundle=${1:?BUNDLE}; app=${2:?APP}; model=${3:?SMOLLM2.gguf}; scratch=${4:-/dev/shm}
for needed in "$bundle/jre/bin/java" "$bundle/lib/libonnxruntime.so" \
    "$bundle/lib/libonnxruntime_providers_cuda.so" "$app/classes" "$app/test-classes" \
    "$app/fixtures" "$model"; do
  [ -e "$needed" ] || { echo "check.sh: $needed is not there"; exit 2; }
done
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader || true
export DEEPSEEK_ORT_LIBRARY="$bundle/lib/libonnxruntime.so"
export LD_LIBRARY_PATH="$bundle/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
status=0
timeout -k 5 360 "$bundle/jre/bin/java" -Xmx8g -XX:+UseSerialGC \
  --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$app/classes:$app/test-classes:$app/jars/*" \
  platform.deepseek.inference.bench.CudaCheck "$app/fixtures" "$model" "$scratch" || status=$?
rm -rf "$scratch/random-1.5b"
[ "$status" -ne 124 ] || echo "check.sh: stopped after 360 s"
exit "$status"
