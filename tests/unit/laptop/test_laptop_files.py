"""What a run writes into `.local`: the endpoints, the synthesized template and the installed packages."""

import hashlib
import json
import stat
import sys
from pathlib import Path

import pytest

from laptop import endpoints, packages, synth
from laptop.endpoints import Endpoints, Person
from laptop.env import env
from laptop.errors import LaptopError
from laptop.places import Places, here

ALICE = Person("Alice", "alice@example.com", "secret", "id-of-alice", False, "token")
FOUND = Endpoints("http://a", "ws://a", "r", "http://b", "pool", "client", {"Users": "u"}, {}, {"t": "arn"}, (ALICE,))
# Stands in for `python -m infra`: counts its runs in the template that it writes.
INFRA = """
import json, pathlib, sys
counter = pathlib.Path("runs")
runs = int(counter.read_text()) + 1 if counter.exists() else 1
counter.write_text(str(runs))
output = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
output.mkdir(parents=True)
(output / "site-communications-dev.template.json").write_text(json.dumps({"runs": runs, "arguments": sys.argv[1:3]}))
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for folder in (".local", "infra", "app"):
        (tmp_path / folder).mkdir()
    (tmp_path / "infra/__main__.py").write_text(INFRA)
    for name in ("catalogue.py", "resources.py"):
        (tmp_path / "app" / name).write_text("")
    (tmp_path / "requirements-dev.txt").write_text("")
    (tmp_path / "requirements.txt").write_text("")
    return Places(tmp_path)


def silent(_line: str) -> None:
    pass


def test_the_places_are_in_this_checkout() -> None:
    assert (here().root / "app/catalogue.py").exists()
    assert (here().root / "app/resources.py").exists()


def test_a_run_set_apart_shares_only_what_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAPTOP_STATE", str(tmp_path))
    apart, usual = here(), Places(here().root)
    assert {apart.endpoints, apart.log, apart.run, apart.scratch} == {
        tmp_path / name for name in ("endpoints.json", "ministack.log", "run.json", "scratch")
    }
    assert (apart.ministack, apart.functions, apart.synth) == (usual.ministack, usual.functions, usual.synth)
    assert apart.shown(apart.log) == str(tmp_path / "ministack.log")
    assert usual.shown(usual.log) == ".local/ministack.log"


def test_a_shell_gets_the_addresses_the_token_and_everybodys_id(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoints.write(FOUND, places.endpoints)
    env(places, "alice")
    assert capsys.readouterr().out.splitlines() == [
        "export HTTP=http://a",
        "export WEBSOCKET=ws://a",
        "export TOKEN=token",
        "export ALICE=id-of-alice",
    ]


def test_the_endpoints_can_be_read_back(places: Places) -> None:
    endpoints.write(FOUND, places.endpoints)
    assert endpoints.read(places.endpoints) == FOUND


def test_the_file_has_exactly_the_keys_that_others_rely_on(places: Places) -> None:
    endpoints.write(FOUND, places.endpoints)
    content = json.loads(places.endpoints.read_bytes())
    assert " ".join(content) == "http websocket region aws userPoolId clientId tables queues topics people"
    assert " ".join(content["people"][0]) == "name email password userId admin accessToken"


def test_only_the_owner_can_read_the_passwords(places: Places) -> None:
    endpoints.write(FOUND, places.endpoints)
    assert stat.S_IMODE(places.endpoints.stat().st_mode) == 0o600


def test_the_file_appears_whole(places: Places) -> None:
    (places.local / "endpoints.part").write_text("what an interrupted run left")
    endpoints.write(FOUND, places.endpoints)
    assert [file.name for file in places.local.iterdir()] == ["endpoints.json"]


def test_without_the_file_nothing_runs(places: Places) -> None:
    with pytest.raises(LaptopError, match=r"not running.*make run"):
        endpoints.read(places.endpoints)


def test_people_are_found_however_the_name_is_capitalized() -> None:
    assert FOUND.person("ALICE") is ALICE


def test_the_stage_dev_is_synthesized(places: Places) -> None:
    assert synth.template(places, silent)["arguments"] == ["--stage", "dev"]


def test_unchanged_sources_are_synthesized_once(places: Places) -> None:
    (places.root / "infra/__pycache__").mkdir()
    (places.root / "infra/__pycache__/module.pyc").write_bytes(b"1")
    first = synth.template(places, silent)
    (places.root / "infra/__pycache__/module.pyc").write_bytes(b"2")
    assert synth.template(places, silent) == first


@pytest.mark.parametrize(
    "changed", ["infra/stack.py", "infra/cdk.json", "app/catalogue.py", "app/resources.py", "requirements-dev.txt"]
)
def test_a_changed_source_is_synthesized_anew(places: Places, changed: str) -> None:
    synth.template(places, silent)
    (places.root / changed).write_text("changed")
    assert synth.template(places, silent)["runs"] == 2
    assert len(list(places.synth.iterdir())) == 1


def test_a_synthesis_that_was_interrupted_is_done_again(places: Places) -> None:
    synth.template(places, silent)
    output = next(places.synth.iterdir())
    output.rename(output.with_suffix(".part"))
    assert synth.template(places, silent)["runs"] == 2


def test_packages_are_installed_once(places: Places) -> None:
    digest = hashlib.sha256(b"" + sys.version.encode()).hexdigest()
    places.functions.mkdir()
    (places.functions / ".installed").write_text(digest)
    said: list[str] = []
    packages.install_functions(places, said.append)
    assert said == []


def test_packages_are_replaced_when_the_pins_change(places: Places) -> None:
    places.functions.mkdir()
    (places.functions / ".installed").write_text("the pins of yesterday")
    (places.functions / "yesterdays.py").write_text("")
    said: list[str] = []
    packages.install_functions(places, said.append)
    assert said == ["Installing the functions' packages (once)"]
    assert not (places.functions / "yesterdays.py").exists()
    packages.install_functions(places, said.append)
    assert len(said) == 1
