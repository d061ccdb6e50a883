#!/usr/bin/env bash
# Runs nginx.conf before a real auth-service (PostgreSQL and Redis not needed) and a small server,
# and checks what passes. Needs nginx with auth_request, python3 and a built auth-service
# (make run builds it). Everything is on free ports and in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
root="$PWD"
command -v nginx >/dev/null || { echo "nginx is not installed; nothing was tested" >&2; exit 2; }
jar="${AUTH_JAR:-$root/auth-service/target/quarkus-app/quarkus-run.jar}"
[ -f "$jar" ] || { echo "build auth-service first: $jar is missing" >&2; exit 2; }
java="$("$root/deploy/local/jdk.sh")/bin/java"
folder="$(mktemp -d)"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
auth="$(free_port)"; management="$(free_port)"; upstream="$(free_port)"; edge="$(free_port)"; dead="$(free_port)"

sed -e "s/127.0.0.1:8082/127.0.0.1:$auth/" -e "s/127.0.0.1:8090/127.0.0.1:$upstream/" \
  -e "s/127.0.0.1:8443/127.0.0.1:$edge/" -e "s/127.0.0.1:8080/127.0.0.1:$dead/" \
  "$root/deploy/edge/nginx.conf" >"$folder/site.conf"
cat >"$folder/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  include $folder/site.conf;
}
EOF
nginx -t -q -c "$folder/nginx.conf" -e "$folder/error.log"

AUTH_PORT="$auth" AUTH_MANAGEMENT_PORT="$management" HOST=127.0.0.1 \
  "$java" -Ddeepseek.auth.data-folder="$folder/data" -Ddeepseek.auth.local-keys-folder="$folder/run" \
  -Ddeepseek.auth.trusted-proxies=127.0.0.1 -jar "$jar" >"$folder/auth.log" 2>&1 &
service=$!; pids+=("$service")
python3 "$root/deploy/edge/upstream.py" "$upstream" & pids+=("$!")
nginx -c "$folder/nginx.conf" -e "$folder/error.log" & pids+=("$!")
for _ in $(seq 240); do
  curl -fs -o "$folder/health" "http://127.0.0.1:$auth/health" 2>/dev/null && [ -s "$folder/run/admin-key" ] && break
  sleep 0.5
done
admin="$(cat "$folder/run/admin-key")"

passed=0; failed=0
check() { # name, expected, actual
  if [ "$2" = "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $1: expected $2, got $3" >&2; fi
}
api() { curl -s -H "authorization: Bearer $admin" -H 'content-type: application/json' "http://127.0.0.1:$auth/v1/admin/$1" "${@:2}"; }
field() { python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"; }
status() { curl -s -o "$folder/body.txt" -D "$folder/headers.txt" -w '%{http_code}' --path-as-is "http://127.0.0.1:$edge$1" "${@:2}"; }
header() { grep -i "^$1:" "$folder/headers.txt" | tr -d '\r' | cut -d' ' -f2 || true; }

tenant="$(api tenants -d '{"name":"edge"}' | field id)"
key() { api keys -d "{\"tenant\":\"$tenant\",\"name\":\"k\",\"role\":\"$1\"${2:-}}" | field key; }
auditor="$(key auditor)"; developer="$(key developer)"
slow="$(key auditor ',"limits":{"requestsPerSecond":1}')"

check "a known key passes" 200 "$(status /logs/today -H "x-api-key: $auditor" \
  -H 'X-Auth-Role: admin' -H 'X-Auth-Tenant: theirs' -H 'X_Auth_Role: admin' \
  -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Original-URI: /v1/models' -H 'X-Deepseek-Service-Key: x')"
check "the upstream knows the role" auditor "$(field x-auth-role <"$folder/body.txt")"
check "the upstream knows the tenant" "$tenant" "$(field x-auth-tenant <"$folder/body.txt")"
for name in x_auth_role x-api-key authorization x-original-uri x-deepseek-service-key forwarded; do
  check "$name does not reach the upstream" "" "$(field $name <"$folder/body.txt")"
done
check "the address is the connection's" 127.0.0.1 "$(field x-forwarded-for <"$folder/body.txt")"
check "without a key" 401 "$(status /logs/today)"
check "it is told how" Bearer "$(header www-authenticate)"
check "a wrong key" 401 "$(status /logs/today -H 'x-api-key: sk-live_no')"
check "two keys" 401 "$(status /logs/today -H "x-api-key: $auditor" -H "authorization: Bearer $developer")"
check "another role" 403 "$(status /logs/today -H "x-api-key: $developer")"
for path in //logs/today /logs/../logs/today /%6cogs/today /LOGS/today /logs/today/ '/logs/today;x=y' /logs%2ftoday; do
  check "the path $path" 403 "$(status "$path" -H "x-api-key: $auditor")"
done
check "decisions are not for strangers" 404 "$(status /v1/decisions -X POST -d '{}')"
limited=""; after=""
for _ in $(seq 20); do
  limited="$(status /logs/today -H "x-api-key: $slow")"
  [ "$limited" = 429 ] && { after="$(header retry-after)"; break; }
done
check "beyond the limit" 429 "$limited"
check "it is told when to come back" 1 "$after"
spread="$(python3 - "$edge" "$auditor" <<'EOF'
import http.client, sys, time
edge = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
edge.request("GET", "/logs/stream", headers={"x-api-key": sys.argv[2]})
answer = edge.getresponse()
times = [time.monotonic() for line in answer if line.startswith(b"data")]
print("unbuffered" if len(times) == 2 and times[1] - times[0] > 0.25 else times)
EOF
)"
check "a stream is passed on as it comes" unbuffered "$spread"
kill "$service"; wait "$service" 2>/dev/null || true
check "without auth-service nobody passes" 503 "$(status /logs/today -H "x-api-key: $auditor")"
check "and is told when to come back" 5 "$(header retry-after)"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
