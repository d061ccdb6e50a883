#!/usr/bin/env python3
"""Writes dashboards/*.json for Grafana 10 and newer from the rows below: a title and the queries of
each panel, three panels a row. `dashboards.py --check` fails when the files differ from the rows."""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent / "dashboards"
SOURCE = {"type": "prometheus", "uid": "${source}"}


def quantiles(metric, *of, by="", match='instance=~"$instance"'):
    """A histogram's quantiles over the interval that Grafana shows as one point."""
    labels = f"{by}, le" if by else "le"
    return {
        f"p{int(q * 100)}" + (f" {{{{{by}}}}}" if by else ""): (
            f"histogram_quantile({q}, sum by ({labels}) "
            f"(rate({metric}_bucket{{{match}}}[$__rate_interval])))"
        )
        for q in of
    }


def rate(metric, by="instance", match='instance=~"$instance"'):
    return f"sum by ({by}) (rate({metric}{{{match}}}[$__rate_interval]))"


def value(metric, match='instance=~"$instance"'):
    return f"{metric}{{{match}}}"


# file: title, then panels: title, unit, {legend: query}
DASHBOARDS = {
    "service-level": (
        "DeepSeek: service level",
        [
            ("Requests a second", "reqps", {"{{outcome}}": rate("deepseek_requests_total", "outcome")}),
            ("Failures a second, by code", "reqps", {"{{code}}": rate("deepseek_errors_total", "code") + " > 0"}),
            ("Share of failures (0.01 % may)", "percentunit", {"5 minutes": "deepseek:errors:ratio_rate5m", "1 hour": "deepseek:errors:ratio_rate1h", "3 days": "deepseek:errors:ratio_rate3d"}),
            ("Time to first token", "s", quantiles("deepseek_time_to_first_token_seconds", 0.5, 0.95, 0.99)),
            ("Time between tokens", "s", quantiles("deepseek_inter_token_seconds", 0.5, 0.95, 0.99)),
            ("Tokens a second", "short", {"generated": "deepseek:generation_tokens:rate1m", "of prompts": "sum(rate(deepseek_prompt_tokens_total[$__rate_interval]))"}),
            ("Services that answer", "short", {"{{service}}": 'sum by (service) (up{job="deepseek"})'}),
            ("Restarts in an hour", "short", {"{{service}} {{instance}}": 'changes(process_start_time_seconds{job="deepseek"}[1h])'}),
            ("Alerts that fire", "short", {"{{alertname}}": 'count by (alertname) (ALERTS{alertstate="firing"})'}),
        ],
    ),
    "engine": (
        "DeepSeek: engine",
        [
            ("Requests", "short", {"run on {{instance}}": value("deepseek_requests_running"), "wait on {{instance}}": value("deepseek_requests_waiting"), "most on {{instance}}": value("deepseek_engine_batch_limit")}),
            ("Memory of keys and values", "percentunit", {"running {{instance}}": value("deepseek_kv_cache_usage_ratio"), "prefixes {{instance}}": value("deepseek_kv_cache_prefix_ratio")}),
            ("Tokens of prompts not computed again", "percentunit", {"{{instance}}": rate("deepseek_prefix_cache_hit_tokens_total") + " / " + rate("deepseek_prompt_tokens_total")}),
            ("Duration of a step", "s", quantiles("deepseek_step_duration_seconds", 0.5, 0.99)),
            ("Sequences in a step", "short", quantiles("deepseek_batch_size", 0.5, 0.99)),
            ("Tokens in a step", "short", quantiles("deepseek_step_tokens", 0.5, 0.99)),
            ("Preemptions and cancellations a second", "short", {"preempted {{instance}}": rate("deepseek_preemptions_total"), "cancelled {{instance}}": rate("deepseek_cancellations_total")}),
            ("Engines", "short", {"{{state}} {{instance}}": value("deepseek_engines")}),
            ("Heap after collection", "percentunit", {"{{instance}}": 'jvm_memory_usage_after_gc{job="deepseek", instance=~"$instance"}'}),
        ],
    ),
    "gpu": (
        "DeepSeek: GPUs",
        [
            ("Use", "percentunit", {"{{instance}} {{gpu}}": value("deepseek_gpu_utilization_ratio")}),
            ("Memory read or written", "percentunit", {"{{instance}} {{gpu}}": value("deepseek_gpu_memory_utilization_ratio")}),
            ("Memory used", "percentunit", {"{{instance}} {{gpu}}": value("deepseek_gpu_memory_used_bytes") + " / " + value("deepseek_gpu_memory_total_bytes")}),
            ("Power", "watt", {"{{instance}} {{gpu}}": value("deepseek_gpu_power_watts")}),
            ("Temperature", "celsius", {"{{instance}} {{gpu}}": value("deepseek_gpu_temperature_celsius")}),
            ("Clocks lowered", "short", {"{{instance}} {{gpu}} {{reason}}": value("deepseek_gpu_slowed") + " > 0"}),
            ("Keys and values: mapped over used", "short", {"{{instance}}": value("deepseek_kv_mapped_bytes") + " / " + value("deepseek_kv_used_bytes")}),
            ("Energy of a generated token", "joule", {"{{instance}}": rate("deepseek_gpu_energy_joules_total") + " / " + rate("deepseek_generation_tokens_total")}),
            ("Memory errors", "short", {"{{kind}} {{instance}} {{gpu}}": value("deepseek_gpu_ecc_errors_total")}),
        ],
    ),
    "access": (
        "DeepSeek: access and usage",
        [
            ("Decisions a second", "reqps", {"let in": "sum(rate(deepseek_auth_allowed_total[$__rate_interval]))", "{{code}}": "sum by (code) (rate(deepseek_auth_refusals_total[$__rate_interval])) > 0"}),
            ("A decision, as inference-service waits for it", "s", quantiles("deepseek_authorization_decision_seconds", 0.5, 0.99, match='answered="true"')),
            ("A decision, in auth-service", "s", quantiles("deepseek_auth_decision_seconds", 0.5, 0.99, match="")),
            ("Limits held by each replica alone", "short", {"{{instance}}": "deepseek_auth_limits_local"}),
            ("Settlements that wait", "short", {"auth {{instance}}": "deepseek_auth_settlements_waiting", "inference {{instance}}": "deepseek_authorization_settlements_waiting"}),
            ("Lost", "short", {"settlements": "sum(deepseek_authorization_settlements_lost_total)", "audit": "sum(deepseek_auth_audit_lost_total)"}),
            ("Second factors a second", "short", {"{{outcome}}": "sum by (outcome) (rate(deepseek_auth_second_factors_total[$__rate_interval]))"}),
            ("Tokens refused, by reason", "short", {"{{reason}}": "sum by (reason) (rate(deepseek_auth_token_refusals_total[$__rate_interval])) > 0"}),
            ("Sources past their rate", "short", {"alerts": "sum(increase(deepseek_auth_source_alerts_total[5m]))"}),
        ],
    ),
    "cache": (
        "DeepSeek: answers that are kept",
        [
            ("Lookups a second", "reqps", {"{{outcome}}": "sum by (outcome) (rate(deepseek_answer_cache_lookups_total[$__rate_interval]))"}),
            ("Share of hits", "percentunit", {"hits": 'sum(rate(deepseek_cache_lookups_total{outcome="hit"}[$__rate_interval])) / sum(rate(deepseek_cache_lookups_total[$__rate_interval]))'}),
            ("Seconds of computing saved, a second", "s", {"saved": "sum(rate(deepseek_answer_cache_saved_seconds_total[$__rate_interval]))"}),
            ("A lookup, as inference-service waits for it", "s", quantiles("deepseek_answer_cache_lookup_seconds", 0.5, 0.99, match="")),
            ("A lookup, in cache-service", "s", quantiles("deepseek_cache_lookup_seconds", 0.5, 0.99, by="result", match="")),
            ("Answers computed for all", "short", {"{{outcome}}": "sum by (outcome) (rate(deepseek_answer_cache_leases_total[$__rate_interval]))"}),
            ("Tiers: hits a second", "short", {"{{tier}}": 'sum by (tier) (rate(deepseek_cache_tier_total{event="hit"}[$__rate_interval]))'}),
            ("Tiers: errors and evictions a second", "short", {"{{tier}} {{event}}": 'sum by (tier, event) (rate(deepseek_cache_tier_total{event=~"error|eviction"}[$__rate_interval]))'}),
            ("Tiers: bytes kept", "bytes", {"{{tier}}": "sum by (tier) (deepseek_cache_tier_bytes)"}),
        ],
    ),
}


def panel(number, title, unit, queries):
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": number % 3 * 8, "y": number // 3 * 8, "w": 8, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": query, "legendFormat": legend}
            for i, (legend, query) in enumerate(queries.items())
        ],
    }


def dashboard(file, title, panels):
    return {
        "uid": f"deepseek-{file}",
        "title": title,
        "tags": ["deepseek"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
                {
                    "name": "instance",
                    "type": "query",
                    "datasource": SOURCE,
                    "query": 'label_values(up{job="deepseek"}, instance)',
                    "includeAll": True,
                    "multi": True,
                    "allValue": ".*",
                    "current": {"text": "All", "value": "$__all"},
                    "refresh": 2,
                },
            ]
        },
        "panels": [panel(number, *content) for number, content in enumerate(panels)],
    }


def main():
    differ = []
    for file, (title, panels) in DASHBOARDS.items():
        path = FOLDER / f"{file}.json"
        text = json.dumps(dashboard(file, title, panels), indent=1) + "\n"
        if sys.argv[1:] != ["--check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differ.append(path.name)
    if differ:
        sys.exit(f"not as dashboards.py writes them: {', '.join(differ)}; run deploy/monitoring/dashboards.py")


if __name__ == "__main__":
    main()
