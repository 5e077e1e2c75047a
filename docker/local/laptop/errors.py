"""What can go wrong, in words for the person at the terminal."""


class LaptopError(Exception):
    """Something the person at the terminal has to know; the message is one line that says what to do."""


class SignedOutError(LaptopError):
    """The API does not take the access token (any more); `why` is its own words."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The sign-in has ended ({why}). Sign in again with: make chat")
