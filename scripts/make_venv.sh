#!/bin/sh
# Makes .venv with the first Python >= 3.11 it finds: $PYTHON, then python3, then python3.11 and up.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
  command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))'
}

for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14; do
  if new_enough "$candidate"; then
    echo "· virtual environment in .venv ($("$candidate" --version))"
    if "$candidate" -m venv .venv; then
      exit 0
    fi
    [ -e .venv/.ready ] || rm -rf .venv
    echo "$candidate can't make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
  fi
done
echo "Matinee needs Python 3.11 or newer as python3 (found: $(python3 --version 2>&1 || echo none))." >&2
echo "Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
exit 1
