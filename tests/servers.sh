#!/usr/bin/env bash
# Installs the servers that the tests run for real, where they are missing: as root or by sudo.
set -euo pipefail

missing=()
# need PACKAGE PROGRAM: a program's name, or a path in which * may stand
need() {
  command -v "$2" >/dev/null || compgen -G "$2" >/dev/null || missing+=("$1")
}
need prometheus prometheus
need prometheus promtool
need prometheus-alertmanager prometheus-alertmanager
need prometheus-alertmanager amtool
need redis-server redis-server
need golang-go go
need curl curl
need postgresql '/usr/lib/postgresql/*/bin/initdb'
[ ${#missing[@]} -eq 0 ] && exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "the tests need these Debian packages: ${missing[*]}" >&2; exit 2; }
  root=(sudo)
fi
command -v apt-get >/dev/null || { echo "the tests need the programs of these Debian packages: ${missing[*]}" >&2; exit 2; }
echo "installing ${missing[*]} ..."
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
