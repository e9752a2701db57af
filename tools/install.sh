#!/usr/bin/env bash
# Puts the third-party programs that tests and demo run into .tools/bin, as links.
# Each comes from the first of these that has it: $KUBEBUILDER_ASSETS, our cache,
# the published release (checked against its published SHA-256), a build with Go.
set -euo pipefail

readonly KUBERNETES=v1.36.3 ETCD=v3.6.8 HELM=v3.22.0
readonly root=$(cd "$(dirname "$0")/.." && pwd)
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/interconnect-operator/$KUBERNETES-$ETCD-$HELM
readonly links=$root/.tools/bin
readonly os=$(uname -s | tr '[:upper:]' '[:lower:]')
readonly arch=$(uname -m | sed -e s/x86_64/amd64/ -e s/aarch64/arm64/)

say() { printf 'tools: %s\n' "$*" >&2; }

fetch() { curl --fail --silent --show-error --location --connect-timeout 5 --max-time 600 --output "$2" "$1"; }

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# archive_member URL SHA_FILE_URL MEMBER TARGET: MEMBER of the published archive, or the file itself if MEMBER is empty.
published() {
  local url=$1 sums=$2 member=$3 target=$4 folder want
  folder=$(mktemp -d)
  if fetch "$url" "$folder/file" 2>"$folder/why" && fetch "$sums" "$folder/sums" 2>"$folder/why"; then
    want=$(awk -v name="${url##*/}" 'NF == 1 || $2 == name || $2 == "*" name { print $1; exit }' "$folder/sums")
    if [ "$(sha256 "$folder/file")" != "$want" ]; then
      say "${url##*/} does not match its published SHA-256: not used"
      rm -rf "$folder"; return 1
    fi
    if [ -n "$member" ]; then tar -xzf "$folder/file" -C "$folder" "$member"; mv "$folder/$member" "$folder/file"; fi
    install -m 0755 "$folder/file" "$target"; rm -rf "$folder"; return 0
  fi
  say "no download of ${target##*/}: $(tail -n 1 "$folder/why")"
  rm -rf "$folder"; return 1
}

download() {
  command -v curl >/dev/null || return 1
  local target=$cache/$1 base
  case $1 in
    etcd)
      base=https://github.com/etcd-io/etcd/releases/download/$ETCD
      published "$base/etcd-$ETCD-$os-$arch.tar.gz" "$base/SHA256SUMS" "etcd-$ETCD-$os-$arch/etcd" "$target" ;;
    helm)
      base=https://get.helm.sh/helm-$HELM-$os-$arch.tar.gz
      published "$base" "$base.sha256sum" "$os-$arch/helm" "$target" ;;
    *)
      base=https://dl.k8s.io/release/$KUBERNETES/bin/$os/$arch/$1
      published "$base" "$base.sha256" "" "$target" ;;
  esac
}

build() {
  command -v go >/dev/null || { say "$1 can be neither downloaded nor built: install Go 1.26 or set KUBEBUILDER_ASSETS"; return 1; }
  say "building $1 with Go (minutes; only once)"
  case $1 in
    helm)
      GOBIN=$cache go install -trimpath -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@$HELM" ;;
    *)
      local package=k8s.io/kubernetes/cmd/$1 version=k8s.io/component-base/version minor=${KUBERNETES#v1.}
      [ "$1" = etcd ] && package=go.etcd.io/etcd/server/v3
      # Without the version a server calls itself v0.0.0 and clients balk.
      (cd "$root/tools/kubernetes" && go build -trimpath -o "$cache/$1" -ldflags "-s -w \
        -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}" "$package") ;;
  esac
}

provide() {
  local found
  if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$1" ]; then
    found=$KUBEBUILDER_ASSETS/$1
  elif [ -x "$cache/$1" ] || download "$1" || build "$1"; then
    found=$cache/$1
  else
    return 1
  fi
  ln -sfn "$found" "$links/$1"
}

mkdir -p "$cache" "$links"
for program in etcd kube-apiserver kube-controller-manager kubectl helm; do
  provide "$program" || { say "missing: $program"; exit 1; }
done
say "ready in ${links#"$root"/}"
