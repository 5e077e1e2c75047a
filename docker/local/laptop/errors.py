"""What can go wrong, in words for the person at the terminal."""


class LaptopError(Exception):
    """Something the person at the terminal has to know; the message is one line that says what to do."""
