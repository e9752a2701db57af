#!/usr/bin/env bash
# Prints the toolchain for RUSTUP_TOOLCHAIN where the pinned one has neither its own name nor a way to be fetched,
# but the default one is of the very same version. Prints nothing where rustup manages by itself, or isn't there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly pinned=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
command -v rustup >/dev/null || exit 0
cargo --version >/dev/null 2>&1 && exit 0
default=$(rustup default 2>/dev/null | cut -d' ' -f1)
[ -n "$default" ] || exit 0
case $(rustup run "$default" rustc --version) in
  "rustc $pinned "*) printf '%s\n' "$default" ;;
esac
