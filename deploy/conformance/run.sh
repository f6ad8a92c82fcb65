#!/usr/bin/env bash
# Runs other people's clients against Sightline: each folder here is one API's, with the packages that it needs and a test.mjs,
# or a Go module of its own; pages/ drives other people's pages, and grafana/ Grafana's data sources,
# whose built files are named by the environment. Without the packages' registries, or what is installed already, it fails and says so.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(mktemp -d)
page=$((20000 + RANDOM % 12000)) grpc=$((page + 1)) http=$((page + 2)) # below those of outgoing connections
SIGHTLINE_LISTEN=127.0.0.1:$page SIGHTLINE_OTLP_GRPC=127.0.0.1:$grpc SIGHTLINE_OTLP_HTTP=127.0.0.1:$http SIGHTLINE_DATA_DIR=$data \
  "$here/../../sightline" >"$data.log" 2>&1 &
sightline=$!
stop() { kill -INT "$sightline" 2>/dev/null; wait "$sightline" 2>/dev/null || true; rm -rf "$data"; }
trap stop EXIT
export SIGHTLINE_URL=http://127.0.0.1:$page SIGHTLINE_OTLP=http://127.0.0.1:$http SIGHTLINE_GRPC=127.0.0.1:$grpc
node -e '(async () => { for (let i = 0; i < 120; i++) { try { if ((await fetch(process.env.SIGHTLINE_URL + "/readyz")).ok) return } catch {} await new Promise(r => setTimeout(r, 250)) } process.exit(1) })()' ||
  { echo "Sightline did not become ready in 30 s; its log is $data.log" >&2; exit 1; }

failed=
for test in "$here"/*/test.mjs; do
  folder=$(dirname "$test")
  echo "== $(basename "$folder")"
  if [ ! -e "$folder/node_modules/.package-lock.json" ] || [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error || { echo "its packages could not be installed" >&2; failed=1; continue; }
  fi
  (cd "$folder" && node test.mjs) || failed=1
done
for module in "$here"/*/go.mod; do
  name=$(basename "$(dirname "$module")")
  if [ "$name" = grafana ] && [ -z "${GRAFANA:-}" ]; then
    echo "== skipped: Grafana's data sources; name the folder that has them built: GRAFANA=folder make conformance (docs/api-tempo.md)"
    continue
  fi
  echo "== $name"
  (cd "$(dirname "$module")" && go test -count=1 ./...) || failed=1
done
echo "== pages"
node "$here/pages/pages.mjs" || failed=1
[ -z "$failed" ] || { echo "conformance: something failed; Sightline's log is $data.log" >&2; exit 1; }
rm -f "$data.log"
echo "conformance: all passed"
