"""Copies rows of a table that was restored back into the one that is in use: `python -m infra.copying`.

A row that the table in use has stays as it is, unless `--overwrite` is said. Nothing is deleted. It writes row by row,
in a few threads; what broke off is started again and does no harm twice.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3

_THREADS = 8  # fewer than the ten connections that the SDK keeps


def main(arguments: Sequence[str], dynamodb: Any = None) -> int:
    options = _parser().parse_args(arguments)
    dynamodb = dynamodb or boto3.client("dynamodb")
    read, written = copy(dynamodb, options.source, options.target, overwrite=options.overwrite)
    print(f"{read} rows read from {options.source}, {written} written to {options.target}")
    return 0


def copy(dynamodb: Any, source: str, target: str, *, overwrite: bool) -> tuple[int, int]:
    """Returns how many rows were read and how many were written."""
    condition = {} if overwrite else _is_absent(dynamodb, target)
    write = partial(_write, dynamodb, target, condition)
    read = written = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        for page in dynamodb.get_paginator("scan").paginate(TableName=source, ConsistentRead=True):
            read += len(page["Items"])
            written += sum(threads.map(write, page["Items"]))
    return read, written


def _is_absent(dynamodb: Any, table: str) -> Mapping[str, Any]:
    keys = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    [partition] = [key["AttributeName"] for key in keys if key["KeyType"] == "HASH"]
    return {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": partition}}


def _write(dynamodb: Any, table: str, condition: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Returns whether the row was written, and not there already."""
    try:
        dynamodb.put_item(TableName=table, Item=row, **condition)
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.copying", description=__doc__)
    parser.add_argument("--source", required=True, metavar="TABLE", help="what was restored")
    parser.add_argument("--target", required=True, metavar="TABLE", help="what is in use")
    parser.add_argument("--overwrite", action="store_true", help="write rows that are there as well")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
