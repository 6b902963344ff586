"""Replays of groups that send nothing: their rows are made anew from the history, at a rate, beside the live stream.

A replay is a row in the database. Whoever has its lease goes on with it: the hub beside its scheduler, or the command that
began it. After a crash the next one goes on where the last stopped; what was handled before is known by the inbox.
"""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, tzinfo

import structlog

from events.envelope import Envelope
from hub.clock import Clock, stamp
from hub.dispatch.delivery import REPLAYED, Delivery
from hub.dispatch.executor import Executor
from hub.dispatch.router import Group, Reaction
from hub.dispatch.runner import Runner, pause_after
from hub.errors import HubError, ServiceAway
from hub.lag import wire_types
from hub.rows import KINDS
from hub.store import history, leases, replays
from hub.store.audit import Deed
from hub.store.port import Store
from hub.store.replays import Plan, Replay, Span

log = structlog.get_logger()
BATCH = 200  # events
POLL = 1.0  # seconds between looks for a replay to go on with
LEASE = 15.0  # seconds after which a dead process's replay is taken over


def refusal(group: str, reactions: Iterable[Reaction]) -> str | None:
    """Return why a group cannot be replayed; None where it can."""
    own = [reaction for reaction in reactions if reaction.group == group]
    if not own:
        return f"there is no group {group!r}"
    said = sorted({event.TYPE for reaction in own for event in reaction.says})
    if any(reaction.outward for reaction in own):
        return f"{group} sends events to partners, who would get them again. Only groups that say nothing are replayed"
    if not said:
        return None
    named = ", ".join(said[:3]) + (" and more" if len(said) > 3 else "")
    return f"{group} says {named}: people and partners would be told again. Only groups that say nothing are replayed"


def silent(reactions: Collection[Reaction]) -> list[str]:
    """Return the groups that can be replayed."""
    return [group for group in dict.fromkeys(each.group for each in reactions) if refusal(group, reactions) is None]


def tables_of(group: str) -> list[str]:
    """Return the tables that a replay of the group empties: those it alone writes."""
    return sorted(kind.TABLE for kind in KINDS if group == kind.WRITER)


async def planned(store: Store, group: Group, span: Span) -> Plan:
    """Return what a replay would do; changes nothing."""
    return await store.read(
        replays.plan, group.name, span, types=wire_types(group.by_type), tables=tables_of(group.name)
    )


async def begun(store: Store, deed: Deed, group: Group, span: Span, *, rate: int | None) -> Replay:
    """Begin a replay; raises HubError for a group that sends, and while another replay of it runs."""
    if not group.silent:
        raise HubError(f"{group.name} sends; only groups that say nothing are replayed")
    started = await store.write(
        replays.begin,
        deed,
        group.name,
        span,
        types=wire_types(group.by_type),
        tables=tables_of(group.name),
        rate=rate,
    )
    if started is None:
        raise HubError(f"a replay of {group.name} runs already; `vet-hub replay` shows how far it is")
    return started


async def span_between(store: Store, since: str, until: str, zone: tzinfo | None) -> Span:
    """Read where a replay begins and ends: an event's number, an instant, or nothing for all."""
    first, last = _number(since), _number(until)
    span = await store.read(
        replays.span_of,
        since="" if first is not None else _instant(since, zone),
        until="" if last is not None else _instant(until, zone),
    )
    span = Span(span.after if first is None else max(0, first - 1), span.upto if last is None else min(last, span.upto))
    if span.after > span.upto:
        raise HubError(f"nothing lies between {since or 'the beginning'} and {until or 'now'}")
    return span


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else None


def _instant(word: str, zone: tzinfo | None) -> str:
    if not word:
        return ""
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        raise HubError(
            f"{word!r} is neither an event's number nor a time; write 1042 or 2026-11-24T08:00 or 2026-11-24"
        ) from None
    return stamp(at if at.tzinfo else at.replace(tzinfo=zone))


class Replayer:
    """Goes on with replays."""

    def __init__(self, store: Store, executor: Executor, clock: Clock, groups: Mapping[str, Group]) -> None:
        self._store = store
        self._clock = clock
        self.groups = {name: group for name, group in groups.items() if group.silent}
        self._runners = {name: Runner(group, executor, store, clock) for name, group in groups.items() if group.silent}
        self._holder = f"replayer {secrets.token_hex(8)}"

    async def run(self) -> None:
        """Go on with whatever replay runs, until cancelled."""
        failures = 0
        while True:
            try:
                rest = await self.step()
                failures = 0
            except ServiceAway as away:
                failures += 1
                if failures & (failures - 1) == 0:
                    log.warning("replay.away", failures=failures, reason=str(away))
                rest = pause_after(failures)
            await asyncio.sleep(POLL if rest is None else rest)

    async def step(self) -> float | None:
        """Handle one lot of a running replay; returns how long to rest then, None where there is nothing to do."""
        for replay in await self._store.read(replays.newest, state=replays.RUNNING):
            runner = self._runners.get(replay.group)
            lease = f"replay {replay.group}"
            if runner is None:
                continue
            token = await self._store.write(leases.hold, lease, holder=self._holder, seconds=LEASE)
            if token is not None:
                return await self._go_on(runner, replay, lease, token)
        return None

    async def _go_on(self, runner: Runner, replay: Replay, lease: str, token: int) -> float:
        began = asyncio.get_running_loop().time()
        limit = BATCH if replay.rate is None else max(1, min(BATCH, replay.rate))
        types = wire_types(runner.group.by_type)
        found, position = await self._store.read(history.after, replay.position, types=types, limit=limit)
        within = [each for each in found if (each.seq or 0) <= replay.span.upto]
        if within:
            await runner.take([self._delivery(each) for each in within])
        await self._store.write(
            replays.move,
            replay,
            [(each.source, each.id) for each in within],
            to=position,
            now=stamp(self._clock.now()),
            lease=lease,
            token=token,
        )
        if position >= replay.span.upto:
            await self._store.write(leases.leave, lease, holder=self._holder)
        took = asyncio.get_running_loop().time() - began
        return max(0.0, len(within) / replay.rate - took) if replay.rate else 0.0

    def _delivery(self, envelope: Envelope) -> Delivery:
        # On the cluster a partition of its own, so that nobody else's rows are met; the embedded log has just one.
        partition = "history" if self._store.engine == "sqlite" else REPLAYED
        return Delivery(partition, envelope.seq or 0, envelope)
