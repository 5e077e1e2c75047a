from typing import Any

import pytest

from app import catalogue
from app.catalogue import TABLES, Table
from tests.infra.template import Template


def test_there_are_the_tables_of_the_catalogue_and_no_others(template: Template) -> None:
    assert set(template.all("AWS::DynamoDB::Table")) == {table.name for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_what_the_catalogue_declares_encrypted_and_recoverable(template: Template, table: Table) -> None:
    properties = template.properties(table.name)
    properties["AttributeDefinitions"].sort(key=lambda attribute: attribute["AttributeName"])
    for each in (properties, *properties.get("GlobalSecondaryIndexes", [])):  # tests/infra/test_infra_capacity.py
        each.pop("BillingMode", None)
        each.pop("OnDemandThroughput")
    assert properties == {
        "KeySchema": _keys(table.partition, table.sort),
        "AttributeDefinitions": _attributes(table),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "DeletionProtectionEnabled": template.stage.name == "prod",
        **_indexes(table),
        **_time_to_live(table),
    }


def test_the_expiry_of_connections_is_a_number_and_their_index_is_sorted_by_it(template: Template) -> None:
    properties = template.properties(catalogue.CONNECTIONS.name)
    assert {"AttributeName": "expiresAt", "AttributeType": "N"} in properties["AttributeDefinitions"]
    [index] = properties["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["KeySchema"]) == ("byUser", _keys("userId", "expiresAt"))


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _attributes(table: Table) -> list[dict[str, str]]:
    names = {table.partition, table.sort}
    for index in table.indexes:
        names |= {index.partition, index.sort}
    return [
        {"AttributeName": name, "AttributeType": "N" if name in table.numbers else "S"}
        for name in sorted(name for name in names if name)
    ]


def _indexes(table: Table) -> dict[str, Any]:
    indexes = [
        {
            "IndexName": index.name,
            "KeySchema": _keys(index.partition, index.sort),
            "Projection": {"ProjectionType": index.projection},
        }
        for index in table.indexes
    ]
    return {"GlobalSecondaryIndexes": indexes} if indexes else {}


def _time_to_live(table: Table) -> dict[str, Any]:
    return {"TimeToLiveSpecification": {"AttributeName": table.ttl, "Enabled": True}} if table.ttl else {}
