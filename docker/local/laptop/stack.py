"""Deploys a template by CloudFormation, as AWS would, and reads back what came of it."""

import json
import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from laptop.errors import LaptopError
from laptop.ministack import REGION
from laptop.template import Template

BUCKET = "laptop-templates"
DEPLOY_S = 120.0


class DeploymentError(LaptopError):
    """CloudFormation gave up; the message names each failed resource with the reason."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Signed clients of the stand-in, for its account's root."""

    endpoint: str

    def client(self, service: str) -> Any:
        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@dataclass(frozen=True, slots=True)
class Deployed:
    """What CloudFormation made: the physical id of each logical one, and the stack's outputs."""

    ids: dict[str, str]
    outputs: dict[str, str]


def deploy(clients: Clients, name: str, template: Template) -> Deployed:
    """Creates the stack and waits for it; raises DeploymentError."""
    cloudformation = clients.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=_upload(clients, name, template),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        OnFailure="DO_NOTHING",
    )
    stack = _wait(cloudformation, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeploymentError(_reasons(cloudformation, stack))
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return Deployed(
        {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
    )


def _upload(clients: Clients, name: str, template: Template) -> str:
    # A template of more than 51,200 bytes has to come from S3, on AWS and here.
    s3 = clients.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(template, separators=(",", ":")))
    return f"{clients.endpoint}/{BUCKET}/{name}.json"


def _wait(cloudformation: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + DEPLOY_S
    while time.monotonic() < deadline:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.1)
    raise DeploymentError(f"The deployment took longer than {DEPLOY_S:.0f} s")


def _reasons(cloudformation: Any, stack: dict[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=stack["StackName"])["StackEvents"]
    failed = [
        f"  {event['LogicalResourceId']} ({event.get('ResourceType', '?')}): {event.get('ResourceStatusReason', '?')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != stack["StackName"]
    ]
    return "\n".join([f"The deployment failed: {stack['StackStatus']}", *failed])
