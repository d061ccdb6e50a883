# Prepares, launches and awaits the services; run.sh and start.sh differ only in who owns them.
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

# Refuses a port that is no number, is asked for twice, or is in use.
check_ports() {
  local name assignment variable port taken=' '
  for name in $(service_names); do
    for assignment in $(service_ports "$name"); do
      variable=${assignment%%=*}
      port=${!variable}
      case $port in '' | *[!0-9]*) fail "'$port' is not a port number: set $variable to one between 1 and 65535." ;; esac
      case $taken in *" $port "*) fail "port $port is to be of two services: set $variable to another." ;; esac
      taken="$taken$port "
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "port $port ($name) is in use by another program: stop it, or choose another, for example $variable=$((port + 10)) make start."
      fi
    done
  done
}

# A secret between the services of this run.
service_key() {
  local file=$run_dir/service-key
  [ -s "$file" ] || (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file")
  cat "$file"
}

# Everything that can be refused is refused before a process is started.
prepare() {
  local name pid java_home
  for name in $(service_names); do
    if pid=$(running_pid "$name"); then
      fail "$name already runs from this checkout (pid $pid): make status shows it, make stop ends it."
    fi
  done
  check_ports
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
  # Without a locale Java takes names of files for ASCII, and a model's folder may have a Chinese name.
  case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac
  # By environment: a command line is readable by every user.
  DEEPSEEK_AUTH_SERVICE_KEY=$(service_key)
  DEEPSEEK_AUTH_URL=http://127.0.0.1:$(service_port auth-service)
  DEEPSEEK_AUTH_DATA_FOLDER=${DEEPSEEK_AUTH_DATA_FOLDER:-$run_dir/auth}
  DEEPSEEK_AUTH_LOCAL_KEYS_FOLDER=$run_dir
  DEEPSEEK_CACHE_SERVICE_KEY=$DEEPSEEK_AUTH_SERVICE_KEY
  DEEPSEEK_CACHE_URL=http://127.0.0.1:$(service_port cache-service)
  DEEPSEEK_CACHE_DATA_FOLDER=${DEEPSEEK_CACHE_DATA_FOLDER:-$run_dir/cache}
  export DEEPSEEK_CACHE_SERVICE_KEY DEEPSEEK_CACHE_URL DEEPSEEK_CACHE_DATA_FOLDER
  export DRAIN_DELAY=${DRAIN_DELAY:-0s} # no balancer has to hear that a local run stops
  export MODEL HOST DEEPSEEK_AUTH_SERVICE_KEY DEEPSEEK_AUTH_URL DEEPSEEK_AUTH_DATA_FOLDER DEEPSEEK_AUTH_LOCAL_KEYS_FOLDER
}

# Sets command to that of service $1.
command_of() {
  # On a GPU the cores are free for a collector; else its threads would compete with those that compute.
  local collector=-XX:+UseSerialGC
  if [ "$1" = inference-service ] && gpu_wanted; then collector=-XX:+UseParallelGC; fi
  # shellcheck disable=SC2046,SC2207 # options are words
  command=("$java" "$collector" $(service_java_options "$1") -jar "$(service_app "$1")/quarkus-run.jar")
  # A session of its own: Ctrl-C in this terminal, or closing it, does not reach the service. They
  # are stopped one after the other, so that what was used is told before those who count it stop.
  if have setsid; then command=(setsid "${command[@]}"); else command=(nohup "${command[@]}"); fi
}

# The sentence a person needs when service $1 died: its last error, else its last words.
last_words() {
  local words log
  log=$(service_log "$1")
  words=$(grep -E 'ERROR|^Error|Exception' "$log" | grep -vE '^[[:space:]]+at ' | tail -n 1 || true)
  printf '%s\n' "${words:-$(tail -n 1 "$log")}"
}

# Service $1 has stopped by itself: ends the others and says why it was, with its last lines.
give_up() {
  local words
  words=$(last_words "$1")
  say "the last lines of $1:"
  tail -n 8 "$(service_log "$1")" | sed 's/^/  /' >&2
  stop_all
  fail "$1 stopped $2: $words (log: $(service_log "$1"))"
}

# The first service that does not run, or nothing.
first_dead() {
  local name
  for name in $(service_names); do
    # By pid alone: a moment ago these were started here, and are ours.
    kill -0 "$(cat "$(service_pid_file "$name")")" 2>/dev/null || { printf '%s\n' "$name"; return 0; }
  done
}

# Waits until all answer at /health. With an argument it shows meanwhile the lines of the logs that
# tell how long something will take (a conversion, a load).
await_ready() {
  local progress=${1:-} name dead lines total log
  for name in $(service_names); do
    lines=0
    log=$(service_log "$name")
    until answers "$name"; do
      dead=$(first_dead)
      [ -z "$dead" ] || give_up "$dead" "while it started"
      total=$(wc -l <"$log")
      if [ -n "$progress" ] && [ "$total" -gt "$lines" ]; then
        sed -n "$((lines + 1)),${total}p" "$log" | grep 'ETA' >&2 || true
        lines=$total
      fi
      sleep 0.1
    done
  done
}

announce() {
  local base key name
  base=http://127.0.0.1:$(service_port inference-service)/v1
  key=$(cat "$run_dir/api-key")
  name=$(curl --silent --fail --max-time 10 --header "Authorization: Bearer $key" "$base/models" |
    sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p' | head -n 1) || true
  [ -n "$name" ] || fail "the services are healthy but $base/models names no model for the key in $run_dir/api-key (logs: $run_dir)"
  cat <<TEXT
ready: $base model=$name key=$key

curl -N $base/chat/completions -H "Authorization: Bearer $key" -H "Content-Type: application/json" \\
  -d '{"model":"$name","messages":[{"role":"user","content":"Why is the sky blue?"}],"max_tokens":100,"stream":true}'

keys, limits, usage: http://127.0.0.1:$(service_port auth-service)/v1/admin with the key in $run_dir/admin-key

TEXT
}
