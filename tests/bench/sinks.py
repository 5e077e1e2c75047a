"""nginx as a peer that is not the bottleneck: it answers every post with 200, at once or after some time.

Needs Debian's packages nginx-light and libnginx-mod-http-lua; tests/bench/install.sh brings them.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from tests.bench.cores import SINKS, pinned
from tests.lane.certificates import Pems

# One cipher, so that none of the clients has it easier than the others; AWS takes this one by itself.
_CONFIG = """
{modules}
worker_processes 1;
daemon off;
pid {folder}/nginx-{port}.pid;
error_log {folder}/nginx-{port}.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    keepalive_requests 1000000000;
    keepalive_timeout 600;
    ssl_certificate {pems.chain};
    ssl_certificate_key {pems.key};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    {shared}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        {locations}
    }}
}}
"""
_ANSWER = """ngx.status = {status}
    ngx.header["Content-Length"] = 0
    ngx.send_headers()"""
_AFTER_10_MS = f"""location / {{ content_by_lua_block {{
    ngx.sleep(0.01)
    {_ANSWER.format(status=200)}
}} }}"""
_FAULTY = f"""location / {{ content_by_lua_block {{
    local number = tonumber(ngx.var.uri:match("(%d%d%d%d%d%d%d%d)"))
    ngx.sleep(number % 1000 == 7 and 30 or 0.01)
    {_ANSWER.format(status="number % 100 == 3 and 410 or 200")}
}} }}"""
# What has come in is counted by name; a name says what it is a name of.
_COUNTING = f"""location / {{ content_by_lua_block {{
    local seen = ngx.shared.seen
    seen:incr("id " .. ngx.var.uri:match("[^/]+$"), 1, 0)
    seen:incr("connection " .. ngx.var.connection, 1, 0)
    seen:incr("tls " .. ngx.var.ssl_protocol .. " " .. ngx.var.ssl_cipher, 1, 0)
    seen:incr("bytes " .. ngx.var.content_length, 1, 0)
    ngx.sleep(0.01)
    {_ANSWER.format(status=200)}
}} }}
location = /seen {{ content_by_lua_block {{
    for _, key in ipairs(ngx.shared.seen:get_keys(0)) do ngx.say(ngx.shared.seen:get(key), " ", key) end
}} }}
location = /forget {{ content_by_lua_block {{ ngx.shared.seen:flush_all() ngx.say("done") }} }}"""
_LUA = "".join(f"load_module /usr/lib/nginx/modules/{name}_module.so;\n" for name in ("ndk_http", "ngx_http_lua"))


class Sink(Enum):
    AT_ONCE = "location / { return 200; }"
    AFTER_10_MS = _AFTER_10_MS
    FAULTY = _FAULTY  # after 10 ms too; 1 % of the ids are gone, and 0.1 % hang
    COUNTING = _COUNTING  # after 10 ms too; `GET /seen` tells what has come in since `GET /forget`


@contextmanager
def nginx(sink: Sink, folder: Path, pems: Pems) -> Iterator[str]:
    """Runs a sink and gives its management endpoint."""
    port = free_port()
    config = folder / f"nginx-{port}.conf"
    config.write_text(
        _CONFIG.format(
            modules="" if sink is Sink.AT_ONCE else _LUA,
            shared="lua_shared_dict seen 32m;" if sink is Sink.COUNTING else "",
            locations=sink.value,
            folder=folder,
            pems=pems,
            port=port,
        )
    )
    with running(["/usr/sbin/nginx", "-p", str(folder), "-c", str(config)], port):
        yield f"https://localhost:{port}/prod"


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Runs a server beside the peers, from when it listens until it is not needed any more."""
    server = subprocess.Popen(pinned(SINKS, command), env=environment)  # noqa: S603
    try:
        _wait_for(port)
        yield
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
