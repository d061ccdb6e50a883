#!/usr/bin/env bash
# Checks what is in this folder by the programs that will read it, then runs it over the services
# (build them first). Needs promtool, prometheus, amtool and prometheus-alertmanager: installed, or
# out of Debian's packages. Exit status 2: they cannot be had here, nothing was tested.
set -euo pipefail
cd "$(dirname "$0")"
. ../local/common.sh

program() { "$root/deploy/local/debian-program.sh" "$@"; }
promtool=$(program promtool prometheus) && prometheus=$(program prometheus prometheus) &&
  amtool=$(program amtool prometheus-alertmanager) &&
  alertmanager=$(program prometheus-alertmanager prometheus-alertmanager) || exit 2

# Debian's Alertmanager reads its templates below /usr/share, also when it is not installed but
# unpacked: then it sees its package laid over /usr/share, and nobody else does.
if [ ! -e /usr/share/prometheus/alertmanager ]; then
  package=${alertmanager%/usr/bin/*}
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cat >"$work/prometheus-alertmanager" <<EOF
#!/bin/sh
exec unshare --mount --map-root-user sh -c 'mount -t overlay none -o lowerdir=$package/usr/share:/usr/share /usr/share && exec $alertmanager "\$@"' alertmanager "\$@"
EOF
  chmod +x "$work/prometheus-alertmanager"
  alertmanager=$work/prometheus-alertmanager
  "$alertmanager" --version >/dev/null 2>&1 || { say "Alertmanager is not installed, and namespaces are not allowed here"; exit 2; }
fi

"$promtool" check config prometheus.yml >/dev/null
"$amtool" check-config alertmanager.yml >/dev/null
"$promtool" test rules tests/*.yml
./dashboards.py --check

alerts=$(sed -n 's/^ *- alert: //p' rules/*.yml)
for alert in $alerts; do
  grep -q "alertname=\"$alert\"" tests/*.yml || fail "no test in deploy/monitoring/tests sees $alert fire."
  grep -q "^### $alert\$" "$root/docs/runbooks.md" || fail "docs/runbooks.md has no section $alert."
done
for section in $(sed -n 's/^### \(DeepSeek\)/\1/p' "$root/docs/runbooks.md"); do
  printf '%s\n' "$alerts" | grep -qx "$section" || fail "docs/runbooks.md has a section $section, and there is no such alert."
done
say "$(printf '%s\n' "$alerts" | wc -l) alerts, each seen firing, each with its runbook"

JAVA_HOME=$("$root/deploy/local/jdk.sh")
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export JAVA_HOME DEMO_MODEL PROMETHEUS=$prometheus ALERTMANAGER=$alertmanager PYTHONDONTWRITEBYTECODE=1
python3 "$root/deploy/test/monitoring_test.py"
