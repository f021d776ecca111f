# Shared by the scripts in this folder; sourced, never run.
set -euo pipefail
repo_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repo_root"

# Debian's own interpreter: the one that sees Debian's python3-* packages, whatever PATH says.
python=/usr/bin/python3

say() { printf '== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}
is_root() { [ "$(id -u)" -eq 0 ]; }

# Raises the number of free 2 MiB huge pages to 256 where we may; never lowers it. Pollux works without.
setup_huge_pages() {
  local wanted=256 knob=/proc/sys/vm/nr_hugepages total free
  is_root && [ -w "$knob" ] || return 0
  total=$(awk '/^HugePages_Total:/ {print $2}' /proc/meminfo)
  free=$(awk '/^HugePages_Free:/ {print $2}' /proc/meminfo)
  if [ "${free:-0}" -lt "$wanted" ]; then
    # A kernel or container that says no is no error: then there are none.
    { echo $((total + wanted - free)) >"$knob"; } 2>/dev/null || true
    free=$(awk '/^HugePages_Free:/ {print $2}' /proc/meminfo)
  fi
  [ "${free:-0}" -gt 0 ] && say "huge pages: $free free" || say "huge pages: none, going on without"
}

# Configures build folder $1 when it isn't yet; the rest are arguments for meson setup.
configure_build() {
  local dir=$1
  shift
  [ -f "$dir/build.ninja" ] && return 0
  say "configuring $dir"
  rm -rf "$dir"
  CXX="ccache g++" meson setup "$dir" "$@"
}

# Builds targets (all when none are named) in folder $1.
build_targets() {
  local dir=$1
  shift
  say "building in $dir"
  NINJA_STATUS='[%f/%t, %es] ' ninja -C "$dir" "$@"
}
