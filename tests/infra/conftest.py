from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from aws_cdk import App

from infra.__main__ import main
from infra.stack import SiteCommunications
from infra.stages import STAGES, Name
from tests.infra.template import Template

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/abc"
HTTP = Name("api.example.com", CERTIFICATE)
SOCKETS = Name("live.example.com", CERTIFICATE)


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


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Prod with host names of its own."""
    folder = tmp_path_factory.mktemp("named")
    stage = replace(STAGES["prod"], http_name=HTTP, socket_name=SOCKETS)
    app = App(outdir=str(folder), analytics_reporting=False)
    SiteCommunications(app, stage)
    app.synth()
    return Template.of(stage, folder)


@pytest.fixture(params=STAGES)
def template(request: pytest.FixtureRequest, templates: Mapping[str, Template]) -> Template:
    return templates[request.param]
