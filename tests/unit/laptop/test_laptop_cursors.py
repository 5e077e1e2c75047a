"""The last cursor is kept from run to run, and a file that is lost or broken does no harm."""

import stat
from pathlib import Path

import pytest

from laptop import cursors
from laptop.places import Places


def test_a_cursor_is_found_again(tmp_path: Path) -> None:
    cursors.save("first", tmp_path / "cursor-bob")
    cursors.save("Last_cursor-1", tmp_path / "cursor-bob")
    assert cursors.load(tmp_path / "cursor-bob") == "Last_cursor-1"
    assert [file.name for file in tmp_path.iterdir()] == ["cursor-bob"]


def test_each_person_has_a_file_for_their_eyes_only(tmp_path: Path) -> None:
    places = Places(tmp_path, apart=tmp_path)
    cursors.save("a", places.progress("Alice"))
    cursors.save("b", places.progress("Bob"))
    assert sorted(tmp_path.iterdir()) == [tmp_path / "cursor-alice", tmp_path / "cursor-bob"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in tmp_path.iterdir())


def test_the_files_of_a_checkout_are_in_its_local_folder(tmp_path: Path) -> None:
    assert Places(tmp_path).progress("Bob") == tmp_path / ".local/cursor-bob"


def test_without_a_file_it_begins_anew(tmp_path: Path) -> None:
    assert cursors.load(tmp_path / "cursor-bob") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"a b", b"a\n", b"x" * 513, b"\x1b[2J"])
def test_what_can_be_no_cursor_is_never_sent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cursor-bob").write_bytes(content)
    assert cursors.load(tmp_path / "cursor-bob") is None


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    cursors.save("a", tmp_path / "gone" / "cursor-bob")
    assert cursors.load(tmp_path / "gone" / "cursor-bob") is None
