#!/bin/sh
# Makes sure that a Docker engine answers; says nothing if one does already.
# `engine.sh client` prints the path of the docker command to use with it, and does nothing else.
set -eu

# The first docker command on the PATH that can build with BuildKit, which the Dockerfile needs: only such a command
# knows `build --secret`. Some have BuildKit built in, others need the buildx plug-in, and a machine may have both kinds.
client() (
    first=
    IFS=:
    for folder in $PATH; do
        [ -x "$folder/docker" ] || continue
        first=${first:-$folder/docker}
        if DOCKER_BUILDKIT=1 "$folder/docker" build --help 2>&1 | grep -q -e '--secret '; then
            echo "$folder/docker"
            exit
        fi
    done
    echo "${first:-docker}"
)

answers() {
    "$(client)" info >/dev/null 2>&1
}

install_engine() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Newer releases package the command and its BuildKit plug-in on their own.
    apt-get install -y -qq --no-install-recommends docker.io iptables \
        $(apt-cache pkgnames docker- | grep -xE 'docker-cli|docker-buildx')
}

# Without systemd nobody else starts it. A session of its own, so that it outlives the terminal.
start_engine() {
    mkdir -p .local
    setsid dockerd >.local/dockerd.log 2>&1 </dev/null &
}

# Waits up to $1 seconds.
await_engine() {
    left=$1
    until answers; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 1
    done
}

help() {
    echo "No Docker engine answers. Start Docker Desktop or 'systemctl start docker', make sure that" >&2
    echo "you may use it ('docker info' says so), or run this as root on Debian or Ubuntu." >&2
    exit 1
}

if [ "${1:-}" = client ]; then
    client
    exit
fi
answers && exit
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || help
cd "$(dirname "$0")/.."
command -v dockerd >/dev/null || install_engine >&2
await_engine 1 || start_engine # the package may have started it
await_engine 30 || {
    echo "dockerd does not answer; .local/dockerd.log:" >&2
    tail -n 20 .local/dockerd.log >&2
    exit 1
}
