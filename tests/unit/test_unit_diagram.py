"""The picture of the whole system in docs/architecture.md is that of the catalogue."""

from dataclasses import replace
from pathlib import Path

import pytest

from app import catalogue
from infra.diagram import drawn, flow, tables

DOCUMENT = Path(__file__).parents[2] / "docs/architecture.md"


def test_the_document_has_the_picture_of_today() -> None:
    assert drawn(DOCUMENT.read_text()) == DOCUMENT.read_text(), "make diagram"


def test_everything_that_is_declared_is_in_the_picture() -> None:
    picture = flow()
    for function in catalogue.FUNCTIONS:
        assert f"<b>{function.name}</b>" in picture
        assert f"--> {function.name}\n" in f"{picture}\n"
    for queue in catalogue.QUEUES:
        assert f"[[queue {queue.name}]]" in picture
    for topic in catalogue.TOPICS:
        assert f"[/topic {topic.name}/]" in picture


def test_another_catalogue_gives_another_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    *others, last = catalogue.FUNCTIONS
    more = replace(
        last, triggers=(catalogue.Schedule(every_min=7),), grants=(catalogue.Grant(catalogue.SOCKETS, ("POST",)),)
    )
    monkeypatch.setattr(catalogue, "FUNCTIONS", (*others, more))
    assert "  Clock -- every 7 min --> Push" in flow().splitlines()
    assert "  Push --> Sockets" in flow().splitlines()
    assert drawn(DOCUMENT.read_text()) != DOCUMENT.read_text()


def test_the_matrix_says_who_reads_and_who_writes() -> None:
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables().splitlines()]
    touched = {row[0]: {table: what for table, what in zip(header, row, strict=True) if what} for row in rows}
    assert touched["GetUser"] == {"": "GetUser", "Users": "r"}
    assert touched["CreateTicket"] == {"": "CreateTicket", "Tickets": "w"}
    assert touched["Sweep"] == {"": "Sweep", "Deliveries": "rw"}
    assert len(touched) == len(catalogue.FUNCTIONS)
