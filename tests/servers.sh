#!/usr/bin/env bash
# Installs the servers that the tests run for real, where they are missing: as root or by sudo.
set -euo pipefail

declare -A package=(
  [promtool]=prometheus [prometheus]=prometheus [alertmanager]=prometheus-alertmanager [amtool]=prometheus-alertmanager
  [redis-server]=redis-server [/usr/lib/postgresql]=postgresql
)
# Debian's Alertmanager is called prometheus-alertmanager.
declare -A binary=([alertmanager]=prometheus-alertmanager)

missing=()
for name in "${!package[@]}"; do
  command -v "$name" >/dev/null || command -v "${binary[$name]:-$name}" >/dev/null || [ -d "$name" ] || missing+=("${package[$name]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

run=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "the tests need these packages: ${missing[*]}" >&2; exit 2; }
  run=(sudo)
fi
command -v apt-get >/dev/null || { echo "the tests need these programs' packages: ${missing[*]}" >&2; exit 2; }
echo "installing ${missing[*]} ..."
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq
"${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
