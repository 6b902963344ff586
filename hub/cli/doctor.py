"""`vet-hub doctor`: each setting and each service checked, with the cure. Stores nothing and sends no mail."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import typer
from rich.console import Console

from hub.cli.opening import EXTRAS, cluster_module, settings_for
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.errors import HubError, ServiceAway, WrongSetting
from hub.log.topic_plan import asked
from hub.mail.deliver import Relay
from hub.parts import load_routers, rules_of
from hub.settings import Settings, misspelt
from hub.store import schema
from hub.store.lite import LiteStore
from hub.store.migrate import newest
from hub.store.port import Store

FOLDERS = ("schemas", "events", "hub", "handlers")
PATIENCE = 5.0  # seconds a service has to answer

app = commands()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `exit_code` says how bad it is, the cure what to do."""

    check: str
    ok: bool
    says: str
    cure: str = ""
    exit_code: int = 0


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
        return [*found, _bad("settings", wrong, "mend it in the environment or in vet-hub.toml")]
    found.append(_settings(settings))
    found += [_bad("settings", WrongSetting(each), "") for each in misspelt()]
    found.append(_handlers(settings))
    checks = _embedded(settings) if settings.embedded else _cluster(settings)
    return [*found, *[each async for each in checks], await _mail(settings)]


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
        return _bad("handlers", wrong, "")
    count = sum(len(router.reactions) for router in routers)
    groups = dict.fromkeys(router.group for router in routers)
    return Finding("handlers", True, f"{count} in {', '.join(groups)} ({settings.handlers}); rules {rules.version}")


async def _embedded(settings: Settings) -> AsyncIterator[Finding]:
    folder = _folder(settings.data)
    yield folder
    if not folder.ok:
        return
    if settings.sqlite_path.exists():
        yield await _database(LiteStore(settings.sqlite_path, exclusive=False), str(settings.sqlite_path))
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


async def _database(store: Store, name: str) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            await store.start()
            at = await store.read(schema.revision)
    except (ServiceAway, TimeoutError) as away:
        return Finding("database", False, str(away) or "no answer", "is it running, and is the URL right?", 3)
    finally:
        await store.stop()
    if at is None:
        return Finding("database", True, f"{name} answers; its tables are made at the first start")
    if at != newest():
        says = f"{name} answers; its schema is {at}, this release has {newest()}"
        return Finding("database", True, f"{says}: it is migrated at the next start")
    return Finding("database", True, f"{name} answers; schema {at}")


async def _cluster(settings: Settings) -> AsyncIterator[Finding]:
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        cure = "pip install 'vet-hub[kafka,postgres]'"
        yield Finding("extras", False, f"not installed: {', '.join(missing)}", cure, WrongSetting.exit_code)
        return
    postgres = cluster_module("hub.store.postgres")
    yield await _database(postgres.PostgresStore(settings.url), _without_login(settings.url))
    yield await _topics(settings)


async def _topics(settings: Settings) -> Finding:
    try:
        steps = await import_module("hub.log.topics").plan(settings.bootstrap, **asked(settings))
    except ServiceAway as away:
        return _bad("Kafka", away, "is it running? (deploy/dev/services.sh up starts one for development)")
    missing = [each.topic for each in steps if each.act == "make"]
    differs = [f"{each.topic} {each.says}" for each in steps if each.act in ("set", "refuse")]
    if missing:
        return Finding("Kafka", False, f"topics missing: {', '.join(missing)}", "vet-hub topics apply", 3)
    if differs:
        return Finding("Kafka", False, f"topics differ: {'; '.join(differs)}", "vet-hub topics plan shows how", 1)
    return Finding("Kafka", True, f"{settings.bootstrap} answers; {len(steps)} topics as declared")


async def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding("mail", True, "no VET_HUB_SMTP_URL: mails stay in the local mailbox (`vet-hub mail list`)")
    try:
        relay = Relay.from_url(settings.smtp_url)
    except WrongSetting as wrong:
        return _bad("mail", wrong, "")
    where = f"{relay.host}:{relay.port}"
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(relay.host, relay.port)
        writer.close()
    except (OSError, TimeoutError) as error:
        cure = "is VET_HUB_SMTP_URL right, and may this machine reach it?"
        return Finding("mail", False, f"{where} does not answer ({type(error).__name__})", cure, 3)
    return Finding("mail", True, f"{where} answers")


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def _bad(check: str, error: HubError, cure: str) -> Finding:
    return Finding(check, False, str(error), cure, error.exit_code)


def _tell(found: list[Finding], out: Console) -> None:
    for each in found:
        mark = "[good]✓[/]" if each.ok else "[bad]✗[/]"
        out.print(f"{mark} [bold]{each.check}[/]  {each.says}", soft_wrap=True)
        if each.cure and not each.ok:
            out.print(f"    [leather]→[/] {each.cure}", soft_wrap=True)
