"""The stack serves its own description, for programs and for people."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from laptop import pages
from tests.e2e.client import Answer, Site


async def _get(site: Site, name: str) -> Answer:
    """Fetches a file as a browser would, without signing in."""
    address = urljoin(pages.address(site.endpoints), name)
    async with site.http.get(address) as answer:
        return Answer(answer.status, answer.headers, await answer.read())


async def test_the_served_description_of_http_has_the_stack_as_its_server(site: Site) -> None:
    document = (await _get(site, "openapi.json")).json()

    assert document["servers"] == [{"url": site.endpoints.http}]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_the_served_description_of_the_socket_has_the_stack_as_its_server(site: Site) -> None:
    document = (await _get(site, "asyncapi.json")).json()

    [server] = document["servers"].values()
    stage = document["channels"]["connection"]["parameters"]["stage"]["default"]
    address = document["channels"]["connection"]["address"].format(stage=stage)
    assert f"{server['protocol']}://{server['host']}{server['pathname']}{address}" == site.endpoints.websocket


class _Loaded(HTMLParser):
    """Collects what a page loads by itself, or leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names = set(re.findall(r'url: "([^"]+)"', page))
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.names |= {value for name, value in attrs if name in {"src", "href"} and value}


@pytest.mark.parametrize("name", ["index.html", "websocket.html"])
async def test_a_page_has_all_that_it_loads_beside_it(site: Site, name: str) -> None:
    page = await _get(site, name)
    loaded = _Loaded(page.content.decode()).names

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert len(loaded) >= 4
    for each in loaded:
        assert "/" not in each
        assert (await _get(site, each)).status == 200, each
