#!/usr/bin/env bash
# Starts the packaged service on free ports and talks to it in Python: first the lines of README.md,
# taken from there, then the tests in inference-service/src/test/python: the clients, and every answer
# against docs/openapi.yaml and the clients' own types. Then in Node: test-node-client.sh.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# Once more, with ports of its own.
if [ -z "${PORTS_OF_ITS_OWN:-}" ]; then
  variables=()
  for assignment in $(for name in $(service_names); do service_ports "$name"; done); do
    variables+=("${assignment%%=*}")
  done
  export PORTS_OF_ITS_OWN=yes PYTHONDONTWRITEBYTECODE=1
  exec python3 "$root/deploy/test/with_ports.py" "${variables[@]}" -- "${BASH_SOURCE[0]}" "$@"
fi

packages=(openai==3.54.0 anthropic==2.12.0 jsonschema==4.26.0 openapi-spec-validator==0.9.0 pyyaml==6.0.3)
environment=$cache_dir/python/clients-$(printf '%s\n' "${packages[@]}" | cksum | cut -d ' ' -f 1)
if [ ! -f "$environment/ready" ]; then
  say "installing ${packages[*]} for Python into $environment"
  mkdir -p "$environment"
  python3 -m venv --clear "$environment" ||
    fail "python3 cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)."
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" ||
    fail "${packages[*]} for Python could not be installed: check the network and run again."
  touch "$environment/ready"
fi

RUN_DIR=$run_dir/python-client
export RUN_DIR
trap '"$root/deploy/local/stop.sh"' EXIT
"$root/deploy/local/start.sh" >/dev/null

export OPENAI_BASE_URL=http://127.0.0.1:$PORT/v1 PATH=$environment/bin:$PATH
OPENAI_API_KEY=$(cat "$RUN_DIR/api-key")
export OPENAI_API_KEY
line=$(grep '^python3 -c ' "$root/README.md") || fail "README.md has no line that begins with python3 -c."
answer=$(bash -c "$line") || fail "the Python line of README.md does not run."
[ -n "$answer" ] || fail "the Python line of README.md prints no answer."
say "README's Python line answers: $(printf '%s' "$answer" | head -c 60 | tr '\n' ' ')..."
python3 "$root/inference-service/src/test/python/openai_client.py"

unset ANTHROPIC_AUTH_TOKEN
export ANTHROPIC_BASE_URL=http://127.0.0.1:$PORT/anthropic ANTHROPIC_API_KEY=$OPENAI_API_KEY
python3 "$root/inference-service/src/test/python/anthropic_client.py"
PYTHONDONTWRITEBYTECODE=1 python3 "$root/inference-service/src/test/python/openapi_check.py"

DEEPSEEK_BASE_URL=http://127.0.0.1:$PORT DEEPSEEK_API_KEY=$OPENAI_API_KEY "$root/deploy/local/test-node-client.sh"
