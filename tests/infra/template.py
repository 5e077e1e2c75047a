"""Reads a synthesized template as text: no intrinsic functions, and no hashes in the names."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from infra.stages import Stage

Properties: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """The resources of one stage by the name that the code gave them."""

    stage: Stage
    file: Path
    resources: dict[str, Properties]
    outputs: dict[str, str]
    protected: bool  # from being deleted as a whole
    images: list[Properties]  # what is built for it

    @classmethod
    def of(cls, stage: Stage, folder: Path) -> "Template":
        """Reads the template of a stage, and what the manifests say of it, from what was synthesized."""
        return cls.named(f"site-communications-{stage.name}", stage, folder)

    @classmethod
    def named(cls, name: str, stage: Stage, folder: Path) -> "Template":
        """Reads the template of any stack of ours."""
        file = folder / f"{name}.template.json"
        body = _read(file)
        manifest = _read(folder / "manifest.json")["artifacts"][name]["properties"]
        assets = _read(folder / f"{name}.assets.json")
        resources = {_name(key): _text(_renamed(resource)) for key, resource in body["Resources"].items()}
        assert len(resources) == len(body["Resources"]), "two names differ only in their hash"
        outputs = {key: _text(output["Value"]) for key, output in body["Outputs"].items()}
        protected = manifest.get("terminationProtection", False)
        return cls(stage, file, resources, outputs, protected, list(assets.get("dockerImages", {}).values()))

    def properties(self, name: str) -> Properties:
        """The properties of a resource without its tags, which have a test of their own."""
        properties: Properties = self.resources[name]["Properties"]
        return {key: value for key, value in properties.items() if key not in {"Tags", "UserPoolTags"}}

    def invoked(self, function: str) -> str:
        """What is invoked in the place of a function: its alias if environments are kept warm, else itself."""
        alias = f"{function}Alias"
        return f"${{{alias}}}" if alias in self.resources else f"${{{function}.Arn}}"

    def all(self, kind: str) -> dict[str, Properties]:
        """The properties of all resources of one type, by name."""
        return {name: self.properties(name) for name, found in self.resources.items() if found["Type"] == kind}


def _read(file: Path) -> Properties:
    contents: Properties = json.loads(file.read_text())
    return contents


def _name(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}([0-9a-f]{32})?$", "", logical_id)  # a version has a hash of its contents, too


def _renamed(resource: Properties) -> Properties:
    return {**resource, "DependsOn": [_name(each) for each in resource.get("DependsOn", [])]}


def _text(value: Any) -> Any:
    """Writes `Ref` as ${Name}, `Fn::GetAtt` as ${Name.Attribute}, and joins what is to be joined."""
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::Join": _} | {"Fn::Sub": _}:
            return _written_out(value)
        case dict():
            return {key: _text(each) for key, each in value.items()}
        case list():
            return [_text(each) for each in value]
        case _:
            return value


def _written_out(intrinsic: Properties) -> str:
    [(function, argument)] = intrinsic.items()
    match function, argument:
        case "Ref", str() as target:
            return f"${{{_name(target)}}}"
        case "Fn::GetAtt", [str() as target, str() as attribute]:
            return f"${{{_name(target)}.{attribute}}}"
        case "Fn::Join", [str() as separator, [*parts]]:
            return separator.join(_text(part) for part in parts)
        case "Fn::Sub", str() as text:
            return text
    raise AssertionError(f"{function} is not read here: {argument}")
