#!/bin/sh
# Runs the handler that the command names: under Lambda directly, elsewhere behind the emulator on port 8080.
set -eu

if [ -n "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
    exec python3 -m app.start "$@"
fi
exec aws-lambda-rie python3 -m app.start "$@"
