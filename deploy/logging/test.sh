#!/usr/bin/env bash
# Starts services that log JSON and reads their lines; reads the files of this folder as what they are, and
# holds them to those lines, to the edge's log and to the operator's rules. Filebeat, Logstash, Elasticsearch, Kibana and the collector are not to be had
# here: their own programs have not read them.
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
export PYTHONDONTWRITEBYTECODE=1
python3 -m unittest "${@:-test_logging}"
