"""The official JSON Schemas of AsyncAPI, which npm has and PyPI has not."""

from laptop import npm

SPECS = npm.Package(
    "@asyncapi/specs",
    "6.11.1",
    "A3WBLqAKGoJ2+6FWFtpjBlCQ1oFCcs4GxF7zsIGvNqp/klGUHjlA3aAcZ9XMMpLGE8zPeYDz2x9FmO6DSuKraQ==",
)
