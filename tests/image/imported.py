"""Imports all that the app imports anywhere, and prints which packages of the image that leaves out.

The tests run its text inside a container of the image.
"""

import ast
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import app

PACKAGES = Path("/usr/local/lib/python3.13/dist-packages")


def named_by_the_app() -> Iterator[str]:
    """Names each module that an import statement of the app names."""
    for file in Path(app.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def installed() -> set[str]:
    """Returns the top-level modules of all packages, without the files that belong to a package's metadata."""
    found = {path.name.partition(".")[0] for path in PACKAGES.iterdir() if path.suffix != ".dist-info"}
    return found - {"__pycache__"}


def main() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)
    for name in set(named_by_the_app()):  # late ones, too
        importlib.import_module(name)
    importlib.import_module("awslambdaric.bootstrap")
    print(json.dumps(sorted(installed() - {name.partition(".")[0] for name in sys.modules})))


if __name__ == "__main__":
    main()
