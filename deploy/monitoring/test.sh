#!/usr/bin/env bash
# Checks what is in this folder by the programs that will read it, then runs it over the services
# (build them first). Needs promtool, prometheus, amtool and prometheus-alertmanager: installed, or
# out of Debian's packages. Exit status 2: they cannot be had here, nothing was tested.
set -euo pipefail
cd "$(dirname "$0")"
. ../local/common.sh

program() { "$root/deploy/local/debian-program.sh" "$@"; }
promtool=$(program promtool prometheus) && prometheus=$(program prometheus prometheus) &&
  amtool=$(program amtool prometheus-alertmanager) || exit 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
alertmanager=$(./alertmanager.sh "$work") || exit 2

"$promtool" check config prometheus.yml >/dev/null
# What docs/zones.md has people add to it.
sed -n '/<!-- begin prometheus -->/,/<!-- end prometheus -->/{/^[a-z ]/p}' "$root/docs/zones.md" >"$work/zones.yml"
grep -q 'external_labels: {cluster: ' "$work/zones.yml" || fail "docs/zones.md has no part of Prometheus between its marks."
"$promtool" check config "$work/zones.yml" >/dev/null
"$amtool" check-config alertmanager.yml >/dev/null
"$promtool" test rules tests/*.yml

# Those that the operator makes for a model, as its golden files have them: the documents of kind PrometheusRule.
for golden in "$root"/operator/src/test/resources/desired/*.objects.yml; do
  awk '/^---/ { kind = 0 } /^kind: "PrometheusRule"/ { kind = 1 } kind && /^  groups:/ { spec = 1 } /^---/ { spec = 0 } spec { print substr($0, 3) }' \
    "$golden" >"$work/$(basename "$golden" .objects.yml).rules.yml"
done
cp tests/models/*.yml "$work"
"$promtool" check rules "$work"/*.rules.yml >/dev/null
models=(tests/models/*.yml)
(cd "$work" && "$promtool" test rules "${models[@]##*/}")
./dashboards.py --check

alerts=$(sed -n 's/^ *- alert: "\{0,1\}\([A-Za-z0-9]*\)"\{0,1\}$/\1/p' rules/*.yml "$work"/*.rules.yml | sort -u)
for alert in $alerts; do
  grep -rq "alertname=\"$alert\"" tests || fail "no test in deploy/monitoring/tests sees $alert fire."
  grep -q "^### $alert\$" "$root/docs/runbooks.md" || fail "docs/runbooks.md has no section $alert."
done
for section in $(sed -n 's/^### \(DeepSeek\)/\1/p' "$root/docs/runbooks.md"); do
  grep -qx "$section" <<<"$alerts" || fail "docs/runbooks.md has a section $section, and there is no such alert."
done
critical=$(awk '/- alert:/ { name = $3 } /severity: critical/ { print name }' rules/*.yml)
for alert in $(sed -n '/^| SEV1 /s/`/\n/gp' "$root/docs/operations.md" | grep '^DeepSeek'); do
  grep -qx "$alert" <<<"$critical" || fail "docs/operations.md has $alert at SEV1, and the rules do not have it as critical."
done
say "$(wc -l <<<"$alerts") alerts, each seen firing, each with its runbook"

for series in $(sed -n "s/^ *- seriesQuery: '\([a-z0-9_:]*\){.*/\1/p" adapter.yml); do
  case $series in
    vllm:* | sglang:*) ;; # other projects' own
    *:*) grep -q "record: $series\$" rules/rollout.yml || fail "adapter.yml asks for $series, which no rule records." ;;
    *) grep -q "\`$series\`" "$root/docs/metrics.md" || fail "adapter.yml asks for $series, which docs/metrics.md does not have." ;;
  esac
done
for name in $(sed -n 's/^ *name: {as: \(.*\)}$/\1/p' adapter.yml); do
  grep -rq "\"$name\"" "$root/operator/src/main/java" || fail "adapter.yml names $name, which the operator asks nobody for."
done
# What the adapter would ask Prometheus: its templates filled in for one pod's series, read by Prometheus' own parser.
{
  printf 'groups:\n  - name: adapter\n    rules:\n'
  for query in seriesQuery metricsQuery; do
    sed -n "s/^ *\(- \)\{0,1\}$query: '\{0,1\}\(.*[^']\)'\{0,1\}\$/\2/p" adapter.yml |
      sed 's/<<\.GroupBy>>/pod/; s/<<\.Series>>/deepseek_requests_waiting/; s/<<\.LabelMatchers>>/namespace="a",pod=~"b|c"/' |
      sed "s/.*/      - {record: adapter:$query, labels: {line: 'LINE'}, expr: '&'}/" | awk '{ sub("LINE", NR); print }'
  done
} >"$work/adapter.yml"
[ "$(grep -c expr "$work/adapter.yml")" = $(($(grep -c seriesQuery adapter.yml) * 2)) ] || fail "adapter.yml has rules that were not read."
"$promtool" check rules "$work/adapter.yml" >/dev/null

JAVA_HOME=$("$root/deploy/local/jdk.sh")
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export JAVA_HOME DEMO_MODEL PROMETHEUS=$prometheus ALERTMANAGER=$alertmanager PYTHONDONTWRITEBYTECODE=1
python3 "$root/deploy/test/monitoring_test.py"
