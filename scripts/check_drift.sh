#!/bin/sh
# Makes the generated files anew and fails if any of them was out of date. Usage: check_drift.sh MAKE
set -eu
cd "$(dirname "$0")/.."
generated="frontend/openapi.json frontend/src/api/schema.gen.ts docs/reference.md"
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
for file in $generated; do
  cp -p "$file" "$before/$(basename "$file")"
done
"$1" --no-print-directory schema reference >/dev/null
stale=""
for file in $generated; do
  if cmp -s "$file" "$before/$(basename "$file")"; then
    cp -p "$before/$(basename "$file")" "$file" # keeps the time stamp, so that nothing is rebuilt
  else
    stale="$stale $file"
  fi
done
if [ -n "$stale" ]; then
  echo "Was out of date and has been made anew; look at it and commit it:$stale" >&2
  exit 1
fi
