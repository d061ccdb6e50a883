#!/usr/bin/env bash
# Prints a folder in which Debian packages lie unpacked together, with those they depend on and that
# are not installed here; nothing is installed and no root is needed. One folder for each set of versions.
# usage: debian-packages.sh PACKAGE...; fails when they cannot be had.
set -euo pipefail
. "$(dirname "$0")/common.sh"

{ have apt-get && have dpkg; } || fail "no apt-get here to get $* with."
mkdir -p "$cache_dir/debian"
options=(-qq)
# NAME=VERSION of each package that apt knows.
versions() {
  apt-cache "${options[@]}" policy "$@" 2>/dev/null |
    awk '/^[^ ]/ { sub(":$", ""); name = $0 } /^ *Candidate:/ && $2 != "(none)" { print name "=" $2 }'
}
known() { [ "$(versions "$@" | wc -l)" = $# ]; }

# A machine whose lists of packages are missing gets lists of its own below the cache folder.
if ! known "$@"; then
  options+=(-o "Dir::State::lists=$cache_dir/debian/lists" -o "Dir::Cache=$cache_dir/debian/cache" -o Debug::NoLocking=1)
  mkdir -p "$cache_dir/debian/lists/partial" "$cache_dir/debian/cache/archives/partial"
  known "$@" || apt-get "${options[@]}" update >&2 || true
  known "$@" || fail "apt does not know all of $*."
fi

# NAME=VERSION of the packages named, and of what is missing besides.
wanted=$({
  versions "$@"
  apt-get "${options[@]}" --simulate --no-install-recommends install "$@" </dev/null |
    awk '/^Inst / { for (i = 3; i <= NF; i++) if ($i ~ /^\(/) { print $2 "=" substr($i, 2); break } }'
} | sort -u)
folder=$cache_dir/debian/set-$(printf '%s\n' "$wanted" | cksum | cut -d ' ' -f 1)
if [ ! -d "$folder" ]; then
  work=$(mktemp -d "$cache_dir/debian/.work-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # shellcheck disable=SC2086 # one word a package
  (cd "$work" && apt-get "${options[@]}" download $wanted >&2 2>/dev/null) || fail "$* could not be fetched."
  for package in "$work"/*.deb; do dpkg -x "$package" "$work/root"; done
  # Who is second finds the first one's and drops its own: a folder is moved into no other.
  mv -T "$work/root" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
printf '%s\n' "$folder"
