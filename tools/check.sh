#!/usr/bin/env bash
# Says in words what a bare machine lacks, before anything fails in the middle of a build.
set -euo pipefail

missing=0
need() {
  command -v "$1" >/dev/null && return
  printf 'tools: %s is missing: %s\n' "$1" "$2" >&2
  missing=1
}
need cargo "install Rust 1.95 or newer (https://rustup.rs)"
need cc "install a C compiler (Debian: apt-get install build-essential)"
need curl "install curl (Debian: apt-get install curl)"
exit "$missing"
