"""The description of the API as pages of the stack, in a bucket that everybody may read; they load nothing else."""

import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from laptop import npm
from laptop.endpoints import Endpoints
from laptop.errors import LaptopError
from laptop.ministack import REGION
from laptop.places import Places
from laptop.progress import Say
from laptop.stack import Clients

BUCKET = "description"
_PAGES = Path(__file__).parent / "pages"
_HTTP = npm.Package(
    "swagger-ui-dist",
    "5.35.0",
    "U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
)
_SOCKETS = npm.Package(
    "@asyncapi/react-component",
    "3.2.1",
    "k5ZqJd6+oxYaQ2o6F3rGWJ1MTIjXdpsUYB3NKQbVqr4yzrN0Ovj5c7eZx8NGd3wfKPhbOrLREtYl9K2OPfnSsA==",
)
# What the pages load, and where it is in the packages.
_VIEWERS = {
    "swagger-ui.css": (_HTTP, "swagger-ui.css"),
    "swagger-ui-bundle.js": (_HTTP, "swagger-ui-bundle.js"),
    "asyncapi.css": (_SOCKETS, "styles/default.min.css"),
    "asyncapi.js": (_SOCKETS, "browser/standalone/index.js"),
}


def address(found: Endpoints) -> str:
    return f"{found.aws}/{BUCKET}/index.html"


def fetch(places: Places, say: Say) -> None:
    """Fetches the viewers once; without npm the stack goes without them."""
    if all((places.npm / package.folder).exists() for package in (_HTTP, _SOCKETS)):
        return
    say("Fetching the viewers of the description (once)")
    try:
        for package in (_HTTP, _SOCKETS):
            npm.install(places, package)
    except LaptopError as error:
        say(f"The description will have no pages. {error}")


def publish(places: Places, clients: Clients, found: Endpoints) -> None:
    """Puts the documents, with this stack as their server, and the pages where a browser finds them."""
    s3 = clients.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket=BUCKET)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    for name, content in _files(places, found):
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        s3.put_object(Bucket=BUCKET, Key=name, Body=content, ContentType=kind)


def openapi(places: Places, found: Endpoints) -> dict[str, Any]:
    """Returns the description of HTTP with the stack as its server."""
    return _committed(places, "openapi.json") | {"servers": [{"url": found.http}]}


def asyncapi(places: Places, found: Endpoints) -> dict[str, Any]:
    """Returns the description of the WebSocket with the stack as its server."""
    document = _committed(places, "asyncapi.json")
    where = urlsplit(found.websocket)
    base, _, stage = where.path.rpartition("/")
    security = document["servers"]["deployed"]["security"]
    server = {"host": where.netloc, "pathname": base, "protocol": where.scheme, "security": security}
    document["channels"]["connection"]["parameters"]["stage"]["default"] = stage
    return document | {"servers": {"laptop": server}}


def _committed(places: Places, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((places.root / "docs" / name).read_bytes())
    return document


def _files(places: Places, found: Endpoints) -> Iterator[tuple[str, bytes]]:
    yield "openapi.json", json.dumps(openapi(places, found)).encode()
    yield "asyncapi.json", json.dumps(asyncapi(places, found)).encode()
    for page in sorted(_PAGES.iterdir()):
        yield page.name, page.read_bytes()
    for name, (package, path) in _VIEWERS.items():
        file = places.npm / package.folder / path
        if file.exists():
            yield name, file.read_bytes()
