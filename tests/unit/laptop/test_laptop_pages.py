"""The stack's description: whose server it names, and what there is without npm."""

from pathlib import Path

import pytest

from laptop import pages
from laptop.places import Places


def test_without_npm_the_stack_goes_without_viewers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    said: list[str] = []

    pages.fetch(Places(tmp_path), said.append)

    assert "no pages" in said[-1]


def test_what_was_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for package in (pages._HTTP, pages._SOCKETS):
        (places.npm / package.folder).mkdir(parents=True)
    said: list[str] = []

    pages.fetch(places, said.append)

    assert said == []
