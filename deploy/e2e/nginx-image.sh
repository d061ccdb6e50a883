#!/usr/bin/env bash
# nginx-image.sh FILE.tar: an image of Debian's nginx with the C libraries it needs and nothing else. It ends by SIGQUIT,
# which lets requests under way end; SIGTERM would not.
set -euo pipefail
. "$(dirname "$0")/../local/common.sh"
file=$1
nginx=$("$root/deploy/local/debian-program.sh" nginx nginx)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root"/{etc,tmp,usr/sbin,var/log/nginx}
printf 'root:x:0:0::/:/none\nnobody:x:65534:65534::/:/none\n' >"$work/root/etc/passwd"
install -m 755 "$nginx" "$work/root/usr/sbin/nginx"
ldd "$nginx" | grep -oE '(=> )?/(usr/)?lib(64)?/[^ ]+' | sed 's/^=> //' | sort -u | while read -r library; do
  install -D -m 755 "$(readlink -f "$library")" "$work/root$library"
done
buildah() { command buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
container=$(buildah from scratch)
buildah copy -q "$container" "$work/root" / >/dev/null
buildah config --entrypoint '["/usr/sbin/nginx"]' --cmd '' --env PATH=/usr/sbin --stop-signal SIGQUIT --user 10001:10001 "$container"
buildah commit -q "$container" localhost/deepseek/nginx:e2e >/dev/null
rm -f "$file"
buildah push -q localhost/deepseek/nginx:e2e "oci-archive:$file:localhost/deepseek/nginx:e2e"
