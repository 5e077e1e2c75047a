import hypothesis
import pytest

from app.application import App
from app.catalogue import variables
from app.settings import Settings
from tests.unit.aws import Aws, Doubles
from tests.unit.delivering import Site
from tests.unit.people import BOB, NOW
from tests.unit.reading import Reading
from tests.unit.registering import Phones

# A busy machine is no failure, and nothing is left behind in the checkout.
hypothesis.settings.register_profile("unit", deadline=None, database=None)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def settings() -> Settings:
    return Settings.read({name: name.lower() for name in variables()} | {"POST_LANE": "sdk", "USERS_CACHE": ""})


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def app(aws: Aws, settings: Settings) -> App:
    return App(settings, Doubles(aws), now=lambda: NOW)


@pytest.fixture
def site(settings: Settings) -> Site:
    return Site(settings)


@pytest.fixture
def reading(settings: Settings) -> Reading:
    return Reading.begin(settings)


@pytest.fixture
def phones(site: Site) -> Phones:
    """Ada and Bob have profiles, and no devices yet."""
    site.join(BOB)
    return Phones(site)
