"""`vet-hub doctor`: each setting and each service checked, with the cure. Stores nothing and sends no mail."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import typer
from rich.console import Console

from hub.cli.checks import Finding, bad, cluster, database, mail
from hub.cli.opening import settings_for
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.errors import HubError, WrongSetting
from hub.parts import load_routers, rules_of
from hub.settings import Settings, misspelt
from hub.store.lite import LiteStore

FOLDERS = ("schemas", "events", "hub", "handlers")
PATIENCE = 5.0  # seconds a service has to answer

app = commands()


@app.command()
def doctor(data: DataDir = None, as_json: AsJson = False) -> None:
    """Check every setting and service; each thing that is wrong comes with its cure.

    Ends with 0 when all is well, 2 for a wrong setting, 3 when a service is away, 4 when something is not permitted.
    """
    found = asyncio.run(_all(data))
    if as_json:
        print_json([{name: value for name, value in asdict(each).items() if name != "exit_code"} for each in found])
    else:
        _tell(found, console())
    raise typer.Exit(max((each.exit_code for each in found if not each.ok), default=0))


async def _all(data: Path | None) -> list[Finding]:
    found = _packages()
    try:
        settings = settings_for(data)
    except WrongSetting as wrong:
        return [*found, bad("settings", wrong, "mend it in the environment or in vet-hub.toml")]
    found.append(_settings(settings))
    found += [bad("settings", WrongSetting(each), "") for each in misspelt()]
    found.append(_handlers(settings))
    checks = _embedded(settings) if settings.embedded else cluster(settings)
    return [*found, *[each async for each in checks], await mail(settings)]


def _packages() -> list[Finding]:
    # The four names are common words: another package of that name, earlier on the path, would be loaded instead.
    homes = {name: _home(name) for name in FOLDERS}
    together = {home for home in homes.values() if home}
    if len(together) == 1 and all(homes.values()):
        return [Finding("packages", True, f"schemas, events, hub and handlers from {together.pop()}")]
    says = ", ".join(f"{name} from {home or 'nowhere'}" for name, home in homes.items())
    cure = "start elsewhere, or take what shadows them off PYTHONPATH"
    return [Finding("packages", False, says, cure, WrongSetting.exit_code)]


def _home(name: str) -> str:
    spec = find_spec(name)
    return str(Path(spec.origin).parents[1]) if spec and spec.origin else ""


def _settings(settings: Settings) -> Finding:
    shipped = Settings.model_construct()
    changed = [f"VET_HUB_{name.upper()}" for name in Settings.model_fields if _differs(settings, shipped, name)]
    kind = "embedded" if settings.embedded else "cluster"
    return Finding("settings", True, f"{kind}; changed: {', '.join(changed)}" if changed else f"{kind}; all as shipped")


def _differs(settings: Settings, shipped: Settings, name: str) -> bool:
    return bool(getattr(settings, name) != getattr(shipped, name))


def _handlers(settings: Settings) -> Finding:
    try:
        routers = load_routers(settings)
        rules = rules_of(settings)
    except HubError as wrong:
        return bad("handlers", wrong, "")
    count = sum(len(router.reactions) for router in routers)
    groups = dict.fromkeys(router.group for router in routers)
    return Finding("handlers", True, f"{count} in {', '.join(groups)} ({settings.handlers}); rules {rules.version}")


async def _embedded(settings: Settings) -> AsyncIterator[Finding]:
    folder = _folder(settings.data)
    yield folder
    if not folder.ok:
        return
    if settings.sqlite_path.exists():
        yield await database(LiteStore(settings.sqlite_path, exclusive=False), str(settings.sqlite_path))
    else:
        yield Finding("database", True, f"{settings.sqlite_path} is made at the first start")


def _folder(folder: Path) -> Finding:
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        if not place.is_dir():
            raise NotADirectoryError(20, "is not a folder", str(place))
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        cure = "choose another folder with --data DIR or VET_HUB_DATA, or change its permissions"
        return Finding("folder", False, f"{place}: {error.strerror}", cure, 4)
    return Finding("folder", True, f"{folder} can be written")


def _tell(found: list[Finding], out: Console) -> None:
    for each in found:
        mark = "[good]✓[/]" if each.ok else "[bad]✗[/]"
        out.print(f"{mark} [bold]{each.check}[/]  {each.says}", soft_wrap=True)
        if each.cure and not each.ok:
            out.print(f"    [leather]→[/] {each.cure}", soft_wrap=True)
