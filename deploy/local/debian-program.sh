#!/usr/bin/env bash
# Prints the path of a program of a Debian package: the installed one, else one out of the package,
# unpacked below the cache folder by its version; nothing is installed and no root is needed.
# usage: debian-program.sh PROGRAM PACKAGE; fails when neither is there.
set -euo pipefail
. "$(dirname "$0")/common.sh"

program=$1 package=$2
if have "$program"; then command -v "$program"; exit; fi
{ have apt-get && have dpkg; } || fail "no $program on the PATH, and no apt-get to get it with."
version=$(apt-cache policy "$package" 2>/dev/null | awk '/Candidate:/ { print $2 }')
case "$version" in '' | '(none)') fail "apt knows no package $package: run apt-get update, or install $program." ;; esac
folder=$cache_dir/debian/$package-${version//[^A-Za-z0-9.+-]/_}
if [ ! -d "$folder" ]; then
  mkdir -p "$cache_dir/debian"
  work=$(mktemp -d "$cache_dir/debian/.work-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get download -qq "$package" >&2 2>/dev/null) || fail "$package could not be fetched."
  dpkg -x "$work"/*.deb "$work/root"
  # Who is second finds the first one's and drops its own: a folder is moved into no other.
  mv -T "$work/root" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
find "$folder" -path "*bin/$program" -type f -print -quit | grep . || fail "$package has no $program in a bin or sbin."
