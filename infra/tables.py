"""The DynamoDB tables."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from app import catalogue
from infra.capacity import billing, limits, scale
from infra.stages import Stage


def add_table(scope: Construct, table: catalogue.Table, stage: Stage) -> dynamodb.Table:
    deployed = dynamodb.Table(
        scope,
        table.name,
        partition_key=_key(table, table.partition),
        sort_key=_key(table, table.sort) if table.sort else None,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=table.ttl,
        deletion_protection=stage.keeps_data,
        removal_policy=stage.removal,
        **billing(stage),
    )
    for index in table.indexes:
        _add_index(deployed, table, index, stage)
    scale(deployed, table, stage)
    return deployed


def _add_index(deployed: dynamodb.Table, table: catalogue.Table, index: catalogue.Index, stage: Stage) -> None:
    deployed.add_global_secondary_index(
        index_name=index.name,
        partition_key=_key(table, index.partition),
        sort_key=_key(table, index.sort) if index.sort else None,
        projection_type=dynamodb.ProjectionType[index.projection],
        **limits(stage),
    )


def _key(table: catalogue.Table, name: str) -> dynamodb.Attribute:
    kind = dynamodb.AttributeType.NUMBER if name in table.numbers else dynamodb.AttributeType.STRING
    return dynamodb.Attribute(name=name, type=kind)
