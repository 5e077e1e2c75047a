"""Finds what was deployed: by the stack's outputs, and the two APIs by what the template says they are."""

from app import catalogue
from laptop.endpoints import Endpoints
from laptop.ministack import REGION
from laptop.stack import Deployed
from laptop.template import API, STAGE, Template, only


def located(template: Template, deployed: Deployed, endpoint: str) -> Endpoints:
    """Returns all of the endpoints but the people."""
    sockets = only(template, API, ProtocolType="WEBSOCKET")
    stage = template["Resources"][only(template, STAGE, ApiId={"Ref": sockets})]["Properties"]["StageName"]
    http = deployed.ids[only(template, API, ProtocolType="HTTP")]
    outputs = deployed.outputs
    return Endpoints(
        # The HTTP API's stage is $default, which has no part in its address.
        http=f"{endpoint}/_aws/execute-api/{http}",
        websocket=f"ws{endpoint.removeprefix('http')}/_aws/execute-api/{deployed.ids[sockets]}/{stage}",
        region=REGION,
        aws=endpoint,
        userPoolId=outputs["UserPoolId"],
        clientId=outputs["UserPoolClientId"],
        tables={table.name: outputs[f"{table.name}TableName"] for table in catalogue.TABLES},
        queues=_queues(outputs),
        topics={topic.name: outputs[f"{topic.name.capitalize()}TopicArn"] for topic in catalogue.TOPICS},
        people=(),
    )


def _queues(outputs: dict[str, str]) -> dict[str, str]:
    """The address of each queue, and as `NAME-dead` of its dead letters."""
    kinds = {"": "Queue", "-dead": "DeadLetterQueue"}
    return {
        f"{queue.name}{suffix}": outputs[f"{queue.name.capitalize()}{kind}Url"]
        for queue in catalogue.QUEUES
        for suffix, kind in kinds.items()
    }
