"""What `vet-hub doctor` looks at outside itself: database, Kafka, mail relay. Each finding names the thing and its cure."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from hub.cli.opening import EXTRAS, cluster_module
from hub.errors import HubError, ServiceAway, Shut, WrongSetting
from hub.log.topic_plan import Step, asked, declared
from hub.mail.deliver import Relay
from hub.parts import reactions
from hub.settings import Settings
from hub.store import schema
from hub.store.migrate import newest
from hub.store.port import Store

PATIENCE = 5.0  # seconds a service has to answer


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `exit_code` says how bad it is, the cure what to do."""

    check: str
    ok: bool
    says: str
    cure: str = ""
    exit_code: int = 0


async def database(store: Store, name: str) -> Finding:
    """Look at the database: does it answer, whose schema has it."""
    try:
        async with asyncio.timeout(PATIENCE):
            await store.start()
            at = await store.read(schema.revision)
            oldest = await store.read(schema.oldest)
    except (ServiceAway, TimeoutError) as away:
        return _away("database", away, "is it running, and is the URL right?")
    finally:
        await store.stop()
    if at is None:
        return Finding("database", True, f"{name} answers; its tables are made at the first start")
    if at > newest() and (reason := schema.cannot_work(at, oldest, newest())):
        return Finding("database", False, f"{name} answers; {reason}", "use a newer release of the hub", 3)
    if at < newest():
        says = f"{name} answers; its schema is {at}, this release has {newest()}"
        return Finding("database", True, f"{says}: it is migrated at the next start")
    return Finding("database", True, f"{name} answers; schema {at}")


async def cluster(settings: Settings) -> AsyncIterator[Finding]:
    """Look at PostgreSQL and Kafka, and at what they let the hub do."""
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        cure = "pip install 'vet-hub[kafka,postgres]'"
        yield Finding("extras", False, f"not installed: {', '.join(missing)}", cure, WrongSetting.exit_code)
        return
    postgres = cluster_module("hub.store.postgres")
    found = await database(postgres.PostgresStore(settings.url), _without_login(settings.url))
    yield found
    if found.ok:
        yield await _role(settings)
    topics, rights = await _topics(settings), await _rights(settings)
    yield topics
    if rights.says != topics.says:  # the same once, where it lets nobody in
        yield rights


async def _role(settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            await cluster_module("hub.store.grants").require_role(settings.url, newest())
    except (ServiceAway, TimeoutError) as away:
        return _away("role", away, "is it running?")
    return Finding("role", True, "PostgreSQL lets it do all that the hub does")


async def _topics(settings: Settings) -> Finding:
    try:
        steps = await cluster_module("hub.log.topics").plan(settings.bootstrap, **asked(settings))
    except ServiceAway as away:
        return _away("Kafka", away, "is it running? (deploy/dev/services.sh up starts one for development)")
    except WrongSetting as wrong:
        return bad("Kafka", wrong, "")
    missing = [each.topic for each in steps if each.act == "make"]
    if missing:
        return Finding("Kafka", False, f"topics missing: {', '.join(missing)}", "vet-hub topics apply", 3)
    return _drift(settings, steps)


def _drift(settings: Settings, steps: list[Step]) -> Finding:
    differs = [each for each in steps if each.act in ("set", "refuse")]
    if not differs:
        return Finding("Kafka", True, f"{settings.bootstrap} answers; {len(steps)} topics as declared")
    says = "; ".join(f"{each.topic} {each.says}" for each in differs)
    cures = dict.fromkeys(each.cure or "vet-hub topics apply" for each in differs)
    return Finding("Kafka", False, f"topics differ: {says}", "; ".join(cures), 1)


async def _rights(settings: Settings) -> Finding:
    rights = cluster_module("hub.log.rights")
    names = [settings.topic_prefix + name for name in declared()]
    group_id = cluster_module("hub.log.subscription").group_id
    groups = sorted({group_id(each.group, prefix=settings.topic_prefix) for each in reactions(settings)})
    try:
        await rights.require_rights(settings.bootstrap, names, [rights.READ, rights.WRITE])
        await rights.require_groups(settings.bootstrap, groups)
    except ServiceAway as away:
        return _away("rights", away, "is it running?")
    return Finding("rights", True, "Kafka lets the hub read and write its topics and join its groups")


async def mail(settings: Settings) -> Finding:
    """Look whether the mail relay takes connections."""
    if settings.smtp_url is None:
        return Finding("mail", True, "no VET_HUB_SMTP_URL: mails stay in the local mailbox (`vet-hub mail list`)")
    try:
        relay = Relay.from_url(settings.smtp_url)
    except WrongSetting as wrong:
        return bad("mail", wrong, "")
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


def bad(check: str, error: HubError, cure: str) -> Finding:
    """Make a finding of what was raised."""
    return Finding(check, False, str(error), cure, error.exit_code)


def _away(check: str, away: ServiceAway | TimeoutError, cure: str) -> Finding:
    if isinstance(away, Shut):
        return Finding(check, False, away.says, away.cure, away.exit_code)
    return Finding(check, False, str(away) or f"no answer within {PATIENCE:g} s", cure, ServiceAway.exit_code)
