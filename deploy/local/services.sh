# The services of a local run, one line each, in the order in which they start; they stop in the
# opposite one. Sourced, never run. All get the same environment: each reads what is its own.
# shellcheck shell=bash

# name              port            management port         Java options besides the collector
services='
auth-service        AUTH_PORT=8082  AUTH_MANAGEMENT_PORT=9002
cache-service       CACHE_PORT=8081  CACHE_MANAGEMENT_PORT=9001  --enable-native-access=ALL-UNNAMED
inference-service   PORT=8080       MANAGEMENT_PORT=9000    --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED
'

# The names, first to start first.
service_names() { printf '%s\n' "$services" | awk 'NF { print $1 }'; }

# The names, first to stop first.
service_names_backwards() { service_names | awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }'; }

# Field $2 (2 and on) of the line of service $1.
service_field() { printf '%s\n' "$services" | awk -v name="$1" -v field="$2" '$1 == name { print $field }'; }

# The variables of its two ports: VARIABLE=DEFAULT, the public one first.
service_ports() { service_field "$1" 2; service_field "$1" 3; }

service_java_options() { printf '%s\n' "$services" | awk -v name="$1" '$1 == name { $1 = $2 = $3 = ""; print }'; }

# Gives every port its default where none is set, for this script and the services.
for assignment in $(for name in $(service_names); do service_ports "$name"; done); do
  variable=${assignment%%=*}
  export "$variable=${!variable:-${assignment#*=}}"
done
unset assignment variable name

# The public port of a service.
service_port() {
  local variable
  variable=$(service_field "$1" 2)
  variable=${variable%%=*}
  printf '%s\n' "${!variable}"
}

service_app() { printf '%s\n' "$root/$1/target/quarkus-app"; }
service_log() { printf '%s\n' "$run_dir/$1.log"; }
service_pid_file() { printf '%s\n' "$run_dir/$1.pid"; }

# Prints the pid of service $1 started from this checkout, if it is alive.
running_pid() {
  local pid
  pid=$(cat "$(service_pid_file "$1")" 2>/dev/null) || return 1
  # A pid may have been given to another program since: its command line decides.
  case "$(ps -o command= -p "$pid" 2>/dev/null)" in
    *"$(service_app "$1")"*) printf '%s\n' "$pid" ;;
    *) return 1 ;;
  esac
}

# Whether service $1 answers at /health.
answers() { curl --silent --fail --max-time "${2:-2}" --output /dev/null "http://127.0.0.1:$(service_port "$1")/health"; }

# Stops service $1: asks it to finish, and insists after STOP_WITHIN seconds: DRAIN's 20, and 15 for what comes after.
stop_service() {
  local name=$1 pid deadline patience=${STOP_WITHIN:-35}
  if pid=$(running_pid "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    deadline=$((SECONDS + patience))
    while kill -0 "$pid" 2>/dev/null; do
      if [ "$SECONDS" -ge "$deadline" ]; then
        say "$name (pid $pid) did not finish within $patience s and is killed (log: $(service_log "$name"))"
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
  fi
  rm -f "$(service_pid_file "$name")"
}

stop_all() {
  local name
  for name in $(service_names_backwards); do stop_service "$name"; done
}
