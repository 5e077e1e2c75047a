"""nginx as a peer that is not the bottleneck: it answers every post with 200, at once or after some time.

Needs Debian's packages nginx-light and, for the time, libnginx-mod-http-lua.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lane.certificates import Pems

_CONFIG = """
{modules}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    keepalive_requests 1000000000;
    keepalive_timeout 600;
    ssl_certificate {pems.chain};
    ssl_certificate_key {pems.key};
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        location / {{ {answer} }}
    }}
}}
"""
_LUA = """content_by_lua_block {{
    local number = {faults} and tonumber(ngx.var.uri:match("(%d%d%d%d%d%d%d%d)")) or 0
    ngx.sleep(number % 1000 == 7 and 30 or {delay_s})
    ngx.status = number % 100 == 3 and 410 or 200
    ngx.header["Content-Length"] = 0
    ngx.send_headers()
}}"""
_MODULES = "".join(f"load_module /usr/lib/nginx/modules/{name}_module.so;\n" for name in ("ndk_http", "ngx_http_lua"))


@contextmanager
def nginx(folder: Path, pems: Pems, delay_s: float = 0.0, *, faults: bool = False) -> Iterator[str]:
    """Runs a sink and gives its management endpoint; `faults`: 1 % of the ids are gone, 0.1 % hang."""
    port = _free_port()
    answer = _LUA.format(delay_s=delay_s, faults=str(faults).lower()) if delay_s else "return 200;"
    config = folder / f"nginx-{port}.conf"
    config.write_text(
        _CONFIG.format(modules=_MODULES if delay_s else "", folder=folder, pems=pems, port=port, answer=answer)
    )
    server = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", config])  # noqa: S603
    try:
        _wait_for(port)
        yield f"https://localhost:{port}/prod"
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
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
