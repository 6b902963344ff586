"""The arrows between folders and modules, as pyproject.toml draws them, and the import habits that keep them true."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("handlers", "hub", "events", "schemas")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_imports_keep_the_contracts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT)

    code = lint_imports(config_filename="pyproject.toml", cache_dir=str(tmp_path), no_logo=True)

    assert code == 0, capsys.readouterr().out


def test_no_import_hides_inside_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{statement.lineno}" for path in MODULES for statement in imports_in_functions(path)
    ]

    assert hidden == []


def test_no_import_is_for_the_type_checker_alone() -> None:
    assert [str(path.relative_to(ROOT)) for path in MODULES if "TYPE_CHECKING" in path.read_text()] == []


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_every_folder_with_modules_is_a_package(folder: str) -> None:
    folders = {path.parent for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts}

    assert [str(path.relative_to(ROOT)) for path in sorted(folders) if not (path / "__init__.py").exists()] == []


def test_the_hub_is_imported_without_running_anything() -> None:
    assert (ROOT / "hub" / "__init__.py").read_text() == ""


def test_no_test_folder_bears_the_name_of_a_package() -> None:
    assert {path.name for path in (ROOT / "tests").iterdir()}.isdisjoint(PACKAGES)


def imports_in_functions(path: Path) -> Iterator[ast.stmt]:
    for function in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
