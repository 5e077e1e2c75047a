"""What a restored table has comes back into the one in use, and what happened since stays."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.copying import main

OLD = "2026-11-01T00:00:00.000Z"
NEW = "2026-11-02T00:00:00.000Z"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
        for table in ("Used", "Restored"):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": "messageId", "KeyType": "HASH"},
                    {"AttributeName": "userId", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("messageId", "userId")
                ],
            )
        yield client
        client.close()


def test_rows_that_are_missing_come_back(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {(f"m{number}", f"u{number % 3}"): "x" * 9_000 for number in range(250)}  # more than one page of 1 MB
    _put(dynamodb, "Restored", rows)
    assert main(["--source", "Restored", "--target", "Used"], dynamodb) == 0
    assert _rows(dynamodb, "Used") == rows
    assert capsys.readouterr().out == "250 rows read from Restored, 250 written to Used\n"


def test_what_was_written_since_stays(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _put(dynamodb, "Restored", {("m1", "u1"): OLD, ("m1", "u2"): OLD})
    _put(dynamodb, "Used", {("m1", "u1"): NEW, ("m2", "u1"): NEW})
    assert main(["--source", "Restored", "--target", "Used"], dynamodb) == 0
    assert _rows(dynamodb, "Used") == {("m1", "u1"): NEW, ("m1", "u2"): OLD, ("m2", "u1"): NEW}
    assert "2 rows read from Restored, 1 written to Used" in capsys.readouterr().out


def test_rows_that_were_damaged_are_overwritten_on_request(dynamodb: Any) -> None:
    _put(dynamodb, "Restored", {("m1", "u1"): OLD})
    _put(dynamodb, "Used", {("m1", "u1"): "damaged", ("m2", "u1"): NEW})
    assert main(["--source", "Restored", "--target", "Used", "--overwrite"], dynamodb) == 0
    assert _rows(dynamodb, "Used") == {("m1", "u1"): OLD, ("m2", "u1"): NEW}


def test_what_was_deleted_comes_back_from_the_backup(dynamodb: Any) -> None:
    rows = {("m1", "u1"): OLD, ("m2", "u1"): OLD}
    _put(dynamodb, "Used", rows)
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="Used", PointInTimeRecoverySpecification=recovery)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="Used", TargetTableName="FromBackup", UseLatestRestorableTime=True
    )
    dynamodb.delete_item(TableName="Used", Key={"messageId": {"S": "m1"}, "userId": {"S": "u1"}})
    assert main(["--source", "FromBackup", "--target", "Used"], dynamodb) == 0
    assert _rows(dynamodb, "Used") == rows


def test_a_table_that_is_not_there_is_told(dynamodb: Any) -> None:
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        main(["--source", "Nowhere", "--target", "Used"], dynamodb)


def _put(dynamodb: Any, table: str, rows: dict[tuple[str, str], str]) -> None:
    for (message, user), content in rows.items():
        item = {"messageId": {"S": message}, "userId": {"S": user}, "content": {"S": content}}
        dynamodb.put_item(TableName=table, Item=item)


def _rows(dynamodb: Any, table: str) -> dict[tuple[str, str], str]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    return {(item["messageId"]["S"], item["userId"]["S"]): item["content"]["S"] for item in items}
