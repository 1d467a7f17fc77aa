#!/usr/bin/env bash
# Installs the servers that the tests run for real, where they are missing: as root or by sudo. Elasticsearch, which
# Debian does not have, goes into the local Maven repository.
set -euo pipefail

elasticsearch=$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' "$(dirname "$0")/elasticsearch_server.py")
archive="$HOME/.m2/repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch/$elasticsearch/elasticsearch-$elasticsearch.zip"

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
need victoria-metrics vmalert
need curl curl
need systemd systemd-analyze
need procps /bin/kill
need ruby ruby # what Fluentd runs on
need postgresql '/usr/lib/postgresql/*/bin/initdb'
need chromium chromium
need fonts-dejavu-core '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
need default-jre-headless java # Elasticsearch needs version 17 or newer
[ -f "$archive" ] || need maven mvn

install() {
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "the tests need these Debian packages: $*" >&2; exit 2; }
    root=(sudo)
  fi
  command -v apt-get >/dev/null || { echo "the tests need the programs of these Debian packages: $*" >&2; exit 2; }
  echo "installing $* ..."
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if [ ${#missing[@]} -gt 0 ]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  install "${missing[@]}"
fi

if [ ! -f "$archive" ]; then
  echo "fetching Elasticsearch $elasticsearch ..."
  timeout 1200 mvn --batch-mode --quiet --strict-checksums -Dmaven.repo.local="$HOME/.m2/repository" \
    dependency:get -Dtransitive=false \
    -Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$elasticsearch:zip" \
    || { echo "the tests need $archive, which could not be fetched" >&2; exit 2; }
fi
