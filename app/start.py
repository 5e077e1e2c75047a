"""Starts Lambda's runtime: the image's entrypoint runs `python3 -m app.start HANDLER`.

An environment that is started before anybody asks imports the SDK first, which costs more than all the rest of a cold
start. One that is started because somebody asks does not: a request that is refused early needs no SDK.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

# What Lambda's AWS_LAMBDA_INITIALIZATION_TYPE says of an environment that nobody waits for.
BEFOREHAND = ("provisioned-concurrency", "snap-start")
# All that app.aws and the stores import when they first need it. Only modules: no client, connection or credentials,
# which a snapshot would hand to many environments, and long after they were good.
SDK = ("aioboto3", "aiobotocore.config", "aiobotocore.httpsession", "boto3.dynamodb.types", "botocore.parsers")


def warm(environment: Mapping[str, str]) -> None:
    """Imports the SDK if there is time for it."""
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") in BEFOREHAND:
        for name in SDK:
            import_module(name)


def main(arguments: Sequence[str]) -> None:
    from awslambdaric.__main__ import main as run  # noqa: PLC0415 - tests have no use for Lambda's runtime

    warm(os.environ)
    run(arguments)


if __name__ == "__main__":
    main(sys.argv)
