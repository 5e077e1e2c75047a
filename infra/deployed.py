"""Looks whether what was deployed runs: `python -m infra.deployed --stage prod --digest sha256:...`.

Changes nothing and sends nothing: it asks Lambda which image each function has, calls one of them with an event that
makes no sense, and the HTTP API without a token. Both have to refuse that properly.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from app import catalogue
from infra.concurrency import ALIAS
from infra.registry import RELEASES
from infra.stages import STAGES, Stage

_HTTP_TIMEOUT_S = 35  # API Gateway answers within 30
_CALLED = "GetUser"  # by itself; it reads one row at most, and of this event none
_ROUTE = "/users/nobody"


@dataclass(frozen=True, slots=True)
class Aws:
    """The SDK's clients."""

    cloudformation: Any
    functions: Any


def main(arguments: Sequence[str], aws: Aws | None = None) -> int:
    options = _parser().parse_args(arguments)
    aws = aws or Aws(boto3.client("cloudformation"), boto3.client("lambda"))
    stage = STAGES[options.stage]
    complaints = list(_complaints(aws, stage, options.digest, _outputs(aws, stage)))
    print(*complaints or [f"{stage.name} runs, all of its {len(catalogue.FUNCTIONS)} functions"], sep="\n")
    return min(1, len(complaints))


def _complaints(aws: Aws, stage: Stage, digest: str | None, outputs: Mapping[str, str]) -> Iterator[str]:
    for function in catalogue.FUNCTIONS:
        deployed = aws.functions.get_function(**_named(function.name, stage, outputs))
        yield from _of_function(function.name, deployed, digest)
    answer = aws.functions.invoke(**_named(_CALLED, stage, outputs), Payload=b"{}")
    said = json.loads(answer["Payload"].read() or b"null")
    if not (isinstance(said, dict) and said.get("statusCode") == 401):
        yield f"{_CALLED} does not refuse an event without a caller: {answer.get('FunctionError', said)}"
    if (status := _status(outputs["HttpEndpoint"] + _ROUTE)) != 401:
        yield f"the HTTP API answers {status} instead of 401 where there is no token"


def _of_function(name: str, deployed: Mapping[str, Any], digest: str | None) -> Iterator[str]:
    state = deployed["Configuration"]
    if (state.get("State"), state.get("LastUpdateStatus")) != ("Active", "Successful"):
        yield f"{name} is {state.get('State')}, its last update {state.get('LastUpdateStatus')}"
    image = deployed["Code"].get("ResolvedImageUri", "")
    if digest and not image.endswith(f"@{digest}"):
        yield f"{name} runs another image: {image}"


def _named(function: str, stage: Stage, outputs: Mapping[str, str]) -> dict[str, str]:
    """What Lambda is to be asked for: the version that is kept warm, where there is one."""
    name = {"FunctionName": outputs[f"{function}FunctionName"]}
    return name | ({"Qualifier": ALIAS} if stage.concurrency_of(function).provisioned else {})


def _outputs(aws: Aws, stage: Stage) -> dict[str, str]:
    [stack] = aws.cloudformation.describe_stacks(StackName=f"{RELEASES}-{stage.name}")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _status(url: str) -> int | str:
    """Returns the status of the answer, or why there is none."""
    try:
        with urllib.request.urlopen(url, timeout=_HTTP_TIMEOUT_S) as answer:  # noqa: S310 - the stack's own output
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError as error:
        return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deployed", description=__doc__)
    parser.add_argument("--stage", default="dev", choices=tuple(STAGES), help="what to look at (default: %(default)s)")
    parser.add_argument("--digest", help="the image that its functions have to run (default: any)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
