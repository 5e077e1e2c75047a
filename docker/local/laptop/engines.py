"""How functions run on the laptop: as processes, or as containers of the image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

# A laptop runs what its own processor can; MiniStack would look for an image of the declared one.
HARDWARE = ("Architectures",)


@dataclass(frozen=True, slots=True)
class ProcessEngine:
    """Functions run as processes that see the sources and the image's packages.

    `path` becomes their PYTHONPATH.
    """

    path: tuple[Path, ...]
    name: str = "process"
    host: str = "127.0.0.1"  # how a function reaches the stand-in
    bind: str = "127.0.0.1"

    def function(self, properties: dict[str, Any]) -> dict[str, Any]:
        """Turns an image function into one whose code is a single line that imports the handler."""
        kept = {key: value for key, value in properties.items() if key not in ("PackageType", "ImageConfig", *HARDWARE)}
        module, _, name = _command(properties).rpartition(".")
        kept |= {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": _shim(module, name)}}
        return with_variables(kept, {"PYTHONPATH": ":".join(map(str, self.path))})


@dataclass(frozen=True, slots=True)
class DockerEngine:
    """Functions run as containers of a local image."""

    image: str
    name: str = "docker"
    host: str = "host.docker.internal"  # MiniStack maps it to the host in every container
    bind: str = "0.0.0.0"  # noqa: S104 - the containers come in by the bridge, not by the loopback

    def function(self, properties: dict[str, Any]) -> dict[str, Any]:
        """Points an image function to the local image."""
        kept = {key: value for key, value in properties.items() if key not in HARDWARE}
        return kept | {"Code": {"ImageUri": self.image}}


Engine: TypeAlias = ProcessEngine | DockerEngine


def with_variables(properties: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Adds environment variables to a function's properties."""
    present = properties.get("Environment", {}).get("Variables", {})
    return properties | {"Environment": {"Variables": present | variables}}


def _command(properties: dict[str, Any]) -> str:
    command: str = properties["ImageConfig"]["Command"][0]
    return command


def _shim(module: str, name: str) -> str:
    # MiniStack writes this into a file named by the handler's first part: app.py would hide the package `app`.
    return f"from {module} import {name} as handler\n"
