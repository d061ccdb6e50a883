#!/usr/bin/env bash
# Prints the home of a JDK 25: JAVA_HOME if it is one, else the first found where systems keep theirs.
set -euo pipefail
. "$(dirname "$0")/common.sh"

is_jdk_25() {
  [ -x "$1/bin/javac" ] || return 1
  if [ -r "$1/release" ]; then
    grep -q '^JAVA_VERSION="25[".]' "$1/release"
  else
    "$1/bin/javac" -version 2>&1 | grep -q '^javac 25'
  fi
}

candidates() {
  printf '%s\n' "${JAVA_HOME:-}"
  [ ! -x /usr/libexec/java_home ] || /usr/libexec/java_home -v 25 2>/dev/null || true
  printf '%s\n' /usr/lib/jvm/*25* /usr/java/*25* /opt/*jdk*25* /opt/java/*25* \
    "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/25* "$HOME"/.jdks/*25* "$HOME"/.local/share/mise/installs/java/*25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home /opt/homebrew/opt/openjdk@25
  if have javac; then dirname "$(dirname "$(readlink -f "$(command -v javac)")")"; fi
}

while IFS= read -r home; do
  if [ -n "$home" ] && is_jdk_25 "$home"; then
    printf '%s\n' "$home"
    exit 0
  fi
done < <(candidates)
fail "no JDK 25 found: install one (Debian: apt-get install temurin-25-jdk or openjdk-25-jdk; SDKMAN: sdk install java 25-tem) or point JAVA_HOME at one."
