"""Who goes the ways on which the functions use what they are granted."""

from dataclasses import dataclass

from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.people import introduce, sign_up


@dataclass(frozen=True, slots=True)
class Cast:
    """The administrator, and as many others as a way needs; all of them are new, so that each way stands alone."""

    site: Site
    aws: Aws
    ada: Person

    async def people(self, *names: str) -> list[Person]:
        return [await introduce(self.site, self.aws, name) for name in names]

    def stranger(self) -> Person:
        """Somebody who has signed up, and has no profile."""
        return sign_up(self.site, self.aws)
