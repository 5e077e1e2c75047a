from collections.abc import Mapping
from contextlib import suppress

import pytest

from infra.__main__ import main
from infra.stages import STAGES
from tests.infra.template import Template


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Template]:
    """Every stage as the command writes it, once: it takes seconds. What its check finds, a test of its own reads."""
    folder = tmp_path_factory.mktemp("cdk")
    for name in STAGES:
        with suppress(RuntimeError):  # the CDK's, for findings; without a template the next line fails
            main(["--stage", name, "--check", "--output", str(folder / name)])
    return {name: Template.of(stage, folder / name) for name, stage in STAGES.items()}


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The stack of the releases."""
    folder = tmp_path_factory.mktemp("release")
    main(["--github", "acme/site", "--check", "--output", str(folder)])
    return Template.named("site-communications-release", STAGES["prod"], folder)


@pytest.fixture(params=STAGES)
def template(request: pytest.FixtureRequest, templates: Mapping[str, Template]) -> Template:
    return templates[request.param]
