#!/usr/bin/env bash
# Names what is missing to build Sightline and how to get it.
set -u
missing=0
need() { echo "missing: $1"; echo "  $2"; missing=1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

if ! command -v "${GO:-go}" >/dev/null; then
  need "Go 1.26 or newer" "https://go.dev/dl/"
else
  have=$("${GO:-go}" env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
  at_least 1.26 "$have" || need "Go 1.26 or newer (this is $have)" "https://go.dev/dl/"
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  need "Node 20.19 or newer with npm" "https://nodejs.org/en/download"
else
  have=$(node --version | sed 's/^v//')
  at_least 20.19 "$have" || need "Node 20.19 or newer (this is $have)" "https://nodejs.org/en/download"
fi
case "$(uname -sm)" in
  "Linux x86_64" | "Linux aarch64" | "Darwin arm64" | "Darwin x86_64") ;;
  *) need "an engine library for $(uname -sm)" "there are builds for Linux and macOS on x86-64 and arm64; elsewhere use storage.clickhouse with a server" ;;
esac
exit $missing
