# Prepares, launches and awaits the inference service; run.sh and start.sh differ only in who owns it.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Whether GPUs compute: DEVICE says so, or it is auto and a library for them is named.
gpu_wanted() {
  case ${DEVICE:-auto} in
    [Cc][Uu][Dd][Aa]*) true ;;
    [Aa][Uu][Tt][Oo]) [ -n "${DEEPSEEK_ORT_LIBRARY:-}" ] && [ -e "$(dirname "$DEEPSEEK_ORT_LIBRARY")/libonnxruntime_providers_cuda.so" ] ;;
    *) false ;;
  esac
}

# Everything that can be refused is refused before a process is started.
prepare() {
  local port java_home
  if pid=$(running_pid); then
    fail "the service already runs from this checkout (pid $pid): make status shows it, make stop ends it."
  fi
  for port in "$PORT" "$MANAGEMENT_PORT"; do
    case $port in '' | *[!0-9]*) fail "'$port' is not a port number: set PORT (or MANAGEMENT_PORT) to one between 1 and 65535." ;; esac
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      fail "port $port is in use by another program: stop it, or choose others, for example PORT=8090 MANAGEMENT_PORT=9090 make start."
    fi
  done
  case ${DEVICE:-auto} in
    [Cc][Uu][Dd][Aa]*)
      [ -n "${DEEPSEEK_ORT_LIBRARY:-}" ] || fail "DEVICE=$DEVICE needs DEEPSEEK_ORT_LIBRARY, the path of libonnxruntime.so for CUDA with its providers beside it: docs/gpu.md tells where to get them."
      ;;
  esac
  if [ -n "${DEEPSEEK_ORT_LIBRARY:-}" ]; then
    [ -f "$DEEPSEEK_ORT_LIBRARY" ] || fail "DEEPSEEK_ORT_LIBRARY=$DEEPSEEK_ORT_LIBRARY does not exist: name a libonnxruntime.so, or unset it for the processor."
    DEEPSEEK_ORT_LIBRARY=$(cd "$(dirname "$DEEPSEEK_ORT_LIBRARY")" && pwd)/$(basename "$DEEPSEEK_ORT_LIBRARY")
    export DEEPSEEK_ORT_LIBRARY
  fi
  java_home=$("$root/deploy/local/jdk.sh")
  java=$java_home/bin/java
  "$root/deploy/local/build.sh"
  if [ -z "${MODEL:-}" ]; then MODEL=$("$root/deploy/local/demo-model.sh"); fi
  [ -e "$MODEL" ] || fail "MODEL=$MODEL does not exist: name a model folder (config.json, *.safetensors) or a .gguf file."
  MODEL=$(cd "$(dirname "$MODEL")" && pwd)/$(basename "$MODEL")
  mkdir -p "$run_dir"
  if [ ! -s "$key_file" ]; then
    (umask 077 && printf 'sk-local-%s\n' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >"$key_file")
  fi
  export MODEL
  export HOST PORT MANAGEMENT_PORT
  DEEPSEEK_API_KEY=$(cat "$key_file") # by environment: a command line is readable by every user
  export DEEPSEEK_API_KEY
  # On a GPU the cores are free for a collector; else its threads would compete with those that compute.
  collector=-XX:+UseSerialGC
  if gpu_wanted; then collector=-XX:+UseParallelGC; fi
  command=("$java" "$collector" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED
    -jar "$app_dir/quarkus-run.jar")
}

# The sentence a person needs when the service died: its last error, else its last words.
last_words() {
  local words
  words=$(grep -E 'ERROR|^Error|Exception' "$log_file" | grep -vE '^[[:space:]]+at ' | tail -n 1 || true)
  printf '%s\n' "${words:-$(tail -n 1 "$log_file")}"
}

# Waits until process $1 answers at /health. With a second argument it shows meanwhile the lines of the
# log that tell how long something will take (a conversion, a load).
await_ready() {
  local service=$1 progress=${2:-} lines=0 total
  until curl --silent --fail --max-time 2 --output /dev/null "http://127.0.0.1:$PORT/health"; do
    if ! kill -0 "$service" 2>/dev/null; then
      rm -f "$pid_file"
      fail "the service stopped while it started: $(last_words) (log: $log_file)"
    fi
    total=$(wc -l <"$log_file")
    if [ -n "$progress" ] && [ "$total" -gt "$lines" ]; then
      sed -n "$((lines + 1)),${total}p" "$log_file" | grep 'ETA' >&2 || true
      lines=$total
    fi
    sleep 0.1
  done
}

announce() {
  local base=http://127.0.0.1:$PORT/v1 name
  name=$(curl --silent --fail --max-time 10 --header "Authorization: Bearer $DEEPSEEK_API_KEY" "$base/models" |
    sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p' | head -n 1) || true
  [ -n "$name" ] || fail "the service is healthy but $base/models names no model (log: $log_file)"
  cat <<TEXT
ready: $base model=$name key=$DEEPSEEK_API_KEY

curl -N $base/chat/completions -H "Authorization: Bearer $DEEPSEEK_API_KEY" -H "Content-Type: application/json" \\
  -d '{"model":"$name","messages":[{"role":"user","content":"Why is the sky blue?"}],"max_tokens":100,"stream":true}'

TEXT
}
