"""What the tables may take and cost: by the request with a ceiling, or by the hour and following the load."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb

from app import catalogue
from infra.stages import OnDemand, Provisioned, Stage


def billing(stage: Stage) -> Mapping[str, Any]:
    """Returns how a table is paid for, and how much it may take, as arguments of a CDK table."""
    on_demand = isinstance(stage.capacity, OnDemand)
    mode = dynamodb.BillingMode.PAY_PER_REQUEST if on_demand else dynamodb.BillingMode.PROVISIONED
    return {"billing_mode": mode, **limits(stage)}


def limits(stage: Stage) -> Mapping[str, Any]:
    """Returns how much a table or an index may take, as arguments of either: an index has a capacity of its own."""
    match stage.capacity:
        case OnDemand(reads, writes):
            return {"max_read_request_units": reads, "max_write_request_units": writes}
        case Provisioned(least):
            return {"read_capacity": least, "write_capacity": least}


def scale(deployed: dynamodb.Table, table: catalogue.Table, stage: Stage) -> None:
    """Has a provisioned table, and each of its indexes, follow the load; a table by the request needs nothing."""
    if isinstance(stage.capacity, OnDemand):
        return
    bounds = {"min_capacity": stage.capacity.least, "max_capacity": stage.capacity.most}
    scalings = [deployed.auto_scale_read_capacity(**bounds), deployed.auto_scale_write_capacity(**bounds)]
    for index in table.indexes:
        scalings.append(deployed.auto_scale_global_secondary_index_read_capacity(index.name, **bounds))
        scalings.append(deployed.auto_scale_global_secondary_index_write_capacity(index.name, **bounds))
    for scaling in scalings:
        scaling.scale_on_utilization(target_utilization_percent=stage.capacity.target_percent)
