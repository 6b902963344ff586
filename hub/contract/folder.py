"""Contracts as files: a folder of JSON Schemas as `vet-hub schema export` writes it, or one schema alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from hub.contract.documents import published, readable
from hub.contract.shapes import Schema
from hub.errors import HubError


class NoContract(HubError):
    """What was named holds no JSON Schema."""

    exit_code = 2


def write(folder: Path, more: Mapping[str, Any]) -> int:
    """Write every published schema, and other documents by name, as NAME.json; returns how many schemas there are."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in {**published(), **more}.items():
            (folder / f"{name}.json").write_text(readable(document), encoding="utf-8")
    except OSError as error:
        raise HubError(f"{error.filename} cannot be written: {error.strerror}") from error
    return len(published())


def read(path: Path) -> Mapping[str, Schema]:
    """Read the schemas of a folder by name, or one file; raises NoContract. Other JSON in a folder is passed over."""
    if not path.is_dir():
        return {path.stem: _schema_in(path)}
    documents = {file.stem: _json_in(file) for file in sorted(path.glob("*.json"))}
    found = {_name(stem, schema): schema for stem, schema in documents.items() if _is_schema(schema)}
    if not found:
        raise NoContract(f"{path} holds no JSON Schemas; `vet-hub schema export {path}` writes them")
    return found


def _schema_in(file: Path) -> Schema:
    found = _json_in(file)
    if not isinstance(found, dict):
        raise NoContract(f"{file} is not a JSON Schema; it must be an object")
    return found


def _json_in(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except OSError as error:
        raise NoContract(f"{file} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise NoContract(f"{file} is not JSON: {error}") from error


def _name(stem: str, schema: Schema) -> str:
    """Return the type's name, with its version from the second on: another version is another type to partners."""
    version = str(schema.get("$id", "")).rpartition(".v")[2]
    return f"{stem}.v{version}" if version.isdecimal() and int(version) > 1 else stem


def _is_schema(document: Any) -> bool:
    return isinstance(document, dict) and "json-schema.org" in str(document.get("$schema", ""))
