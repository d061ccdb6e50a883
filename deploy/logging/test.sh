#!/usr/bin/env bash
# Starts services that log JSON and reads their lines; has the OpenTelemetry Collector read them, too, and
# Elasticsearch's classes and Kibana's parser what is loaded into them; holds the other files of this
# folder to those lines, to the edge's log and to the operator's rules. Filebeat, Logstash and Kibana
# itself are not to be had here: their own programs have not read their files.
set -euo pipefail
cd "$(dirname "$0")"
. ../local/common.sh

JAVA_HOME=$("$root/deploy/local/jdk.sh")
DEMO_MODEL=$("$root/deploy/local/demo-model.sh")
export JAVA_HOME DEMO_MODEL
"$root/deploy/local/build.sh"
if ! python3 -c 'import yaml' 2>/dev/null && folder=$("$root/deploy/local/debian-packages.sh" python3-yaml); then
  export PYTHONPATH=$folder/usr/lib/python3/dist-packages
fi
if OTELCOL=$(otel/build.sh); then export OTELCOL; else say "no OpenTelemetry Collector here: otel/ was not tried"; fi
if ELASTICSEARCH_CLASSES=$(elasticsearch/reader/class-path.sh); then
  export ELASTICSEARCH_CLASSES
else
  say "no classes of Elasticsearch here: elasticsearch/ was read as JSON alone"
fi
if KIBANA_MODULES=$(kibana/parser/modules.sh); then
  export KIBANA_MODULES
else
  say "no parser of Kibana here: kibana/searches.ndjson was read as JSON alone"
fi
export PYTHONDONTWRITEBYTECODE=1
python3 -m unittest "$@"
