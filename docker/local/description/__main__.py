"""Writes docs/openapi.json and docs/asyncapi.json: `python -m description`."""

from description.files import DOCS, documents


def main() -> None:
    for name, text in documents().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
