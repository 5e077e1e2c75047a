import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What each module or package of app may import of app, besides itself; nothing else is in app.
_EVERYWHERE = ("resources", "errors", "log", "together")
_BELOW_DELIVERY = ("models", "aws")
_EDGES = ("http", "sockets", "batch", "accounts")
_ABOVE = ("delivery", "outreach", "inbox")  # none of them knows another
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "resources": (),
    "catalogue": ("resources",),
    "settings": (),
    "start": ("application", "aws", "settings"),
    "errors": (),
    "log": (),
    "together": (),
    "transport": _EVERYWHERE,
    "direct": (*_EVERYWHERE, "transport"),
    "aws": (*_EVERYWHERE, "transport", "direct"),
    "cache": (*_EVERYWHERE, "aws"),
    "models": _EVERYWHERE,
    "stores": (*_EVERYWHERE, *_BELOW_DELIVERY),
    "channels": (*_EVERYWHERE, *_BELOW_DELIVERY),
    "delivery": (*_EVERYWHERE, *_BELOW_DELIVERY, "transport", "stores", "channels"),
    "outreach": (*_EVERYWHERE, *_BELOW_DELIVERY, "stores", "channels"),
    "inbox": (*_EVERYWHERE, *_BELOW_DELIVERY, "stores", "channels"),
    "erasing": (*_EVERYWHERE, *_BELOW_DELIVERY, "stores", "channels", "outreach"),
    # Puts the parts together once per execution environment.
    "application": (
        *_EVERYWHERE,
        *_BELOW_DELIVERY,
        "transport",
        "cache",
        "stores",
        "channels",
        *_ABOVE,
        "erasing",
        "settings",
    ),
    "runtime": (*_EVERYWHERE, "application", "aws", "settings"),
    # The edges: how AWS asks, and how it wants its answer.
    "http": (*_EVERYWHERE, "models", "application", "runtime"),
    "sockets": (*_EVERYWHERE, "models", "application", "runtime"),
    "batch": (*_EVERYWHERE, "models", "application", "runtime"),
    "accounts": (*_EVERYWHERE, "models", "application", "runtime"),
    "handlers": (*_EVERYWHERE, "models", "stores", "channels", *_ABOVE, "application", "runtime", *_EDGES),
}
MODULES = sorted(path.relative_to(ROOT).as_posix() for name in ("app", "infra") for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("app/")])
def test_a_module_of_app_imports_only_what_lies_below_it(module: str) -> None:
    part = _part(module)
    if part == "__init__":
        assert _imported_of_app(module) == set()
    else:
        assert _imported_of_app(module) - {part} <= set(MAY_IMPORT[part])


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("infra/")])
def test_infra_imports_only_the_catalogue_of_app(module: str) -> None:
    assert _imported_of_app(module) <= {"catalogue"}


def test_infra_reads_the_catalogue() -> None:
    assert any("catalogue" in _imported_of_app(module) for module in MODULES if module.startswith("infra/"))


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_named_after_nothing(module: str) -> None:
    assert not {"utils", "util", "helpers", "common", "manager", "managers", "misc"} & set(
        Path(module).with_suffix("").parts
    )


def test_no_module_of_infra_hides_the_package_app() -> None:
    assert "infra/app.py" not in MODULES


@pytest.mark.parametrize(
    "statement",
    [
        "import app.stores.users",
        "import json, app.stores",
        "from app import stores",
        "from app.stores import users",
        "from app.stores.users import Users as People",
        "from ..stores import users",
        "from .. import stores",
        "def late() -> None:\n    from app.stores import users",
        "if TYPE_CHECKING:\n    import app.stores",
    ],
)
def test_every_form_of_an_import_is_seen(statement: str) -> None:
    assert set(_parts(ast.parse(statement), ("app", "models"))) == {"stores"}


def _part(module: str) -> str:
    return Path(module).parts[1].removesuffix(".py")


def _imported_of_app(module: str) -> set[str]:
    path = ROOT / module
    return set(_parts(ast.parse(path.read_text()), Path(module).parent.parts))


def _parts(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    """The modules and packages directly in app that the tree imports; `package` is where relative imports start."""
    for name in _names(tree, package):
        if name[0] == "app":
            yield name[1] if len(name) > 1 else "__init__"


def _names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = tuple(node.module.split(".")) if node.module else ()
            yield from ((*base, *module, alias.name) for alias in node.names)
