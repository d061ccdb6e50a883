#!/usr/bin/env bash
# Reads the files of this folder as what they are, and holds them to each other, to the edge's log and to
# the operator's rules. Filebeat, Logstash, Elasticsearch, Kibana and the collector are not to be had
# here: their own programs have not read them.
set -euo pipefail
cd "$(dirname "$0")"
. ../local/common.sh

if ! python3 -c 'import yaml' 2>/dev/null && folder=$("$root/deploy/local/debian-packages.sh" python3-yaml); then
  export PYTHONPATH=$folder/usr/lib/python3/dist-packages
fi
export PYTHONDONTWRITEBYTECODE=1
python3 -m unittest "${@:-test_logging}"
