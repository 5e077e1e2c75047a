"""The two documents as they are committed."""

import json
from pathlib import Path

from description.asyncapi import asyncapi
from description.openapi import openapi

DOCS = Path(__file__).resolve().parents[3] / "docs"


def documents() -> dict[str, str]:
    """Returns the text of each file in docs/ that the description consists of."""
    return {"openapi.json": _text(openapi()), "asyncapi.json": _text(asyncapi())}


def _text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
