#!/usr/bin/env bash
# alertmanager.sh FOLDER: prints the path of an Alertmanager that runs here; what it needs beside is put into the folder.
# Debian's reads its templates below /usr/share, also when it is not installed but unpacked: then it sees its package laid
# over /usr/share, and nobody else does. Exit status 2: it cannot be had.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
folder=$1
alertmanager=$("$root/deploy/local/debian-program.sh" prometheus-alertmanager prometheus-alertmanager) || exit 2
if [ ! -e /usr/share/prometheus/alertmanager ]; then
  package=${alertmanager%/usr/bin/*}
  cat >"$folder/prometheus-alertmanager" <<EOF
#!/bin/sh
exec unshare --mount --map-root-user sh -c 'mount -t overlay none -o lowerdir=$package/usr/share:/usr/share /usr/share && exec $alertmanager "\$@"' alertmanager "\$@"
EOF
  chmod +x "$folder/prometheus-alertmanager"
  alertmanager=$folder/prometheus-alertmanager
  "$alertmanager" --version >/dev/null 2>&1 || { say "Alertmanager is not installed, and namespaces are not allowed here"; exit 2; }
fi
printf '%s\n' "$alertmanager"
