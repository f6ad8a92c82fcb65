#!/usr/bin/env bash
# Starts Sightline with the demo shop beside it; Ctrl-C stops both.
set -u
cd "$(dirname "$0")/.."
page=http://${SIGHTLINE_LISTEN:-127.0.0.1:7070}
otlp=http://${SIGHTLINE_OTLP_GRPC:-127.0.0.1:4317}

# The demo's alerting rules, unless there are others; a bad deployment of the shop, every four minutes, makes one of them fire.
export SIGHTLINE_ALERTING_RULES=${SIGHTLINE_ALERTING_RULES-deploy/alerting/rules.yml}
./sightline &
sightline=$!
shop=
stop() {
  trap - INT TERM EXIT
  [ -n "$shop" ] && kill -INT "$shop" 2>/dev/null && wait "$shop" 2>/dev/null
  kill -INT "$sightline" 2>/dev/null && wait "$sightline" 2>/dev/null
  exit "${1:-0}"
}
trap 'stop 0' INT TERM
trap 'stop 1' EXIT

ready() { node -e 'fetch(process.argv[1]).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$page/readyz"; }
for _ in $(seq 60); do
  kill -0 "$sightline" 2>/dev/null || { wait "$sightline"; stop $?; }
  ready && break
  sleep 0.5
done
ready || { echo "Sightline did not become ready in 30 s; its log is above." >&2; stop 1; }

./bin/shop all -endpoint "$otlp" &
shop=$!
cat <<TEXT

  Sightline is running, and a demo shop sends it real traces.

    page      $page
    alerts    $page/alerts   one fires in minute 4 and is resolved in minute 6
    send to   $otlp (gRPC)   http://${SIGHTLINE_OTLP_HTTP:-127.0.0.1:4318} (HTTP)

  Ctrl-C stops everything.

TEXT
wait -n "$sightline" "$shop"
stop $?
