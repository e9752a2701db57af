#!/usr/bin/env bash
# Puts cargo-deny into .tools/bin, as a link. It is built once for all checkouts, and not by its own release profile:
# whole-program optimisation takes minutes, and a check of some hundred crates hardly gains by it.
set -euo pipefail

readonly DENY=0.20.2
readonly root=$(cd "$(dirname "$0")/.." && pwd)
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/interconnect-operator/cargo-deny-$DENY
readonly links=$root/.tools/bin

if [ ! -x "$cache/bin/cargo-deny" ]; then
  printf 'tools: building cargo-deny %s (minutes; only once)\n' "$DENY" >&2
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo install cargo-deny --version "=$DENY" --locked --quiet --root "$cache"
fi
mkdir -p "$links"
ln -sfn "$cache/bin/cargo-deny" "$links/cargo-deny"
