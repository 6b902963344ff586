"""One schedule from its first process to the verdict, and many of them beside each other."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from hub.clock import instant, stamp
from hub.log.history import HistoryLog
from hub.parts import Hub, build
from hub.settings import load
from hub.store import people
from hub.store.session import Session
from tests.delivery.judge import Violation
from tests.delivery.torture import promises
from tests.delivery.torture.client import Client
from tests.delivery.torture.evidence import Evidence, gather, judged
from tests.delivery.torture.fleet import Fleet, Nursery, Victim, first_of
from tests.delivery.torture.places import Ground, Place, let_leases_run_out
from tests.delivery.torture.schedule import Engine, Kill, Schedule
from tests.delivery.torture.workload import Post
from tests.fakes import ScriptedRelay

PATIENCE = 60.0  # seconds without any change in the database, after which a hub that is not at rest is stuck
LIMIT = 400.0  # seconds for one schedule, however busy the machine
POLL = 0.06  # seconds between looks whether the hub is at rest
A_WHILE = 180.0  # seconds that pass with each death: leases run out, retries fall due
AT_THE_END = timedelta(seconds=4000)  # passes at the end, so that every retry has had its turn
SLOT = timedelta(
    minutes=10
)  # the scheduler says «sweep» in each; the last look comes early in one, so that none follows
EARLY = timedelta(seconds=30)
TOO_LATE = "too late"
OF_READERS = "VET_HUB_PARTITIONS"  # a dictionary in JSON, which only an environment is read as


@dataclass(frozen=True)
class Report:
    """What came of a schedule."""

    schedule: Schedule
    violations: tuple[Violation, ...]
    took: float
    ends: Counter[str]
    """How often a process was killed or stalled where; «too late»: all was done before the point was reached."""
    figures: Counter[str]

    def __str__(self) -> str:
        """Say what is wrong and how to see it again."""
        return "\n  ".join([str(self.schedule), *map(str, self.violations), f"again: {self.schedule.command}"])

    @property
    def rules(self) -> set[str]:
        """The promises that were broken."""
        return {violation.rule for violation in self.violations}


async def run_all(
    schedules: Iterable[Schedule],
    grounds: Mapping[Engine, Ground],
    folder: Path,
    *,
    at_once: int,
    each: Callable[[Report], None] = lambda _: None,
) -> list[Report]:
    """Play schedules, some at a time; the reports come in the order of the schedules."""
    turn = asyncio.Semaphore(at_once)

    async def one(schedule: Schedule) -> Report:
        async with turn:
            report = await run(schedule, nursery, grounds[schedule.engine], _own_folder(folder, schedule))
        each(report)
        return report

    async with Nursery() as nursery, asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(schedule)) for schedule in schedules]
        await asyncio.wait(tasks)
    return [task.result() for task in tasks]


async def run(schedule: Schedule, nursery: Nursery, ground: Ground, folder: Path) -> Report:
    """Play one schedule; its folder, with what the victims said, is kept only when something is wrong."""
    began = monotonic()
    async with ground.place(folder) as place, _mail_server(schedule) as mail:
        settings = {**place.settings, **_settings(schedule, mail.port)}
        async with Fleet(nursery, schedule, folder, settings) as fleet, Client(fleet, window=schedule.window) as client:
            play = Play(schedule, fleet, client, place, _onlooker(place, fleet, settings))
            violations = await play.to_the_end()
        names = Counter(str(message["Message-ID"]) for message in mail.messages)
        evidence = await gather(place.store, names)
    violations += client.surprises
    violations += judged(evidence, accepted=client.accepted, noted=schedule.noted)
    violations += promises.broken(evidence)
    if not violations:
        shutil.rmtree(folder)
    figures = _figures(evidence, client)
    return Report(schedule, tuple(violations), monotonic() - began, play.ends, figures)


def _own_folder(parent: Path, schedule: Schedule) -> Path:
    own = parent / f"{schedule.engine}-{schedule.seed}"
    own.mkdir()
    return own


def _settings(schedule: Schedule, mail_port: int) -> dict[str, str]:
    routers = "NOTING" if schedule.noted else "BARE"
    return {
        "VET_HUB_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "VET_HUB_HANDLERS": f"tests.delivery.torture.witness:{routers}",
    }


def _mail_server(schedule: Schedule) -> ScriptedRelay:
    if not schedule.busy_mails:
        return ScriptedRelay()
    return ScriptedRelay(TAKEN=["451 4.3.2 busy" if n % schedule.busy_mails == 0 else None for n in range(30)])


def _onlooker(place: Place, fleet: Fleet, settings: Mapping[str, str]) -> Hub:
    """Make the parts of a hub that never runs: it only tells whether those that do are idle."""
    given = {name.removeprefix("VET_HUB_").lower(): value for name, value in settings.items() if name != OF_READERS}
    own = load(**given)
    return build(own, fleet.clock, place.store, HistoryLog())


def _figures(evidence: Evidence, client: Client) -> Counter[str]:
    return Counter(
        {
            "events": len(evidence.events),
            "accepted": len(client.accepted),
            "posts without an answer": client.unanswered,
            "mails": sum(evidence.mails.values()),
            "mails that came twice": sum(times > 1 for times in evidence.mails.values()),
            "played bugs": promises.faults(evidence),
            "waited": sum(row.note == "after waiting" for row in evidence.inbox),
        }
    )


class Stuck(Exception):
    """The hub does not come to rest, or has fallen apart."""


@dataclass
class Play:
    """The course of one schedule: rounds that end in a death, then a last one that is let live."""

    schedule: Schedule
    fleet: Fleet
    client: Client
    place: Place
    onlooker: Hub
    ends: Counter[str] = field(default_factory=Counter)

    async def to_the_end(self) -> list[Violation]:
        """Play it; returns what went wrong on the way."""
        for person in self.schedule.workload.people:
            await self.place.store.write(people.put, person)
        try:
            async with asyncio.timeout(LIMIT):
                await self._rounds()
                await self._come_to_rest()
        except TimeoutError:
            return [Violation("stuck", f"still no rest after {LIMIT:.0f} s")]
        except Stuck as stuck:
            return [Violation("stuck", str(stuck))]
        return []

    async def _rounds(self) -> None:
        posts, kills = self.schedule.workload.posts, self.schedule.kills
        share = -(-len(posts) // (len(kills) + 1))
        for n, kill in enumerate(kills):
            await self._round(kill, posts[n * share : (n + 1) * share], first=n == 0)
        self.client.give(posts[len(kills) * share :])
        await self._start(self._missing())

    async def _round(self, kill: Kill, posts: Sequence[Post], *, first: bool) -> None:
        """Post while the process whose turn it is works towards its end."""
        late = {process.name for process in self.schedule.processes if process.late and first}
        self.client.give(posts)
        doomed = await self._doomed(kill, but=late)
        joining = asyncio.ensure_future(self._start(late))
        await first_of(self._all_done(), *(life.stopped() if kill.stall else life.dead.wait() for life in doomed))
        if kill.stall:
            await self._stand_still(kill, doomed)
        else:
            await self._bury(kill, doomed)
        for other in doomed:
            other.doom(None)
        await joining
        await self._a_while_passes()

    async def _doomed(self, kill: Kill, *, but: Collection[str]) -> list[Victim]:
        """Have every process at work (but the late ones); those whose turn it is will come to their end."""
        living = {life.name: life for life in self.fleet.living}
        for name in kill.processes & living.keys():
            living[name].doom(kill)
        missing = sorted(self._missing() - set(but))
        started = await asyncio.gather(
            *(self.fleet.start(name, kill=kill if name in kill.processes else None) for name in missing)
        )
        return [life for life in (*living.values(), *started) if life.name in kill.processes]

    async def _bury(self, kill: Kill, doomed: Sequence[Victim]) -> None:
        dead = [life for life in doomed if life.dead.is_set()]
        self.ends[kill.name if dead else TOO_LATE] += 1
        if not dead:
            doomed[0].kill()
            dead = [doomed[0]]
        if kill.with_all:
            dead = self.fleet.living
            for other in dead:
                other.kill()
        await asyncio.gather(*(life.dead.wait() for life in dead))

    async def _stand_still(self, kill: Kill, doomed: Sequence[Victim]) -> None:
        """Let the others go on while one stands still, as after a swap storm; then it wakes and knows nothing of it."""
        still = [life for life in doomed if life.stands_still()]
        self.ends[kill.name if still else TOO_LATE] += 1
        for other in doomed:
            if other not in still:
                other.doom(None)  # or it stands still too as soon as it does the work of the one that does
        if still:
            await self._a_while_passes()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*(life.dead.wait() for life in still)), kill.stall)
        for life in still:
            life.go_on()

    async def _a_while_passes(self) -> None:
        self.fleet.pass_time(A_WHILE)
        if self.schedule.engine == "cluster":
            await self.place.store.write(let_leases_run_out)

    async def _all_done(self) -> None:
        await self.client.all_answered()
        await self._at_rest()

    async def _come_to_rest(self) -> None:
        for life in self.fleet.living:
            life.go_on()  # one may have come to a stop before it heard that it need not
        await self._all_done()
        if self.schedule.workload.quarrel:
            self.client.give([self.schedule.workload.quarrel])
            await self.client.all_answered()
        now = self.fleet.clock.now()
        early_in_a_slot = _slot(now + AT_THE_END) + SLOT + EARLY
        self.fleet.pass_time((early_in_a_slot - now).total_seconds())
        await self._at_rest(swept=True)

    async def _at_rest(self, *, swept: bool = False) -> None:
        store, before, since = self.place.store, None, monotonic()
        while True:
            state = await store.read(_state)
            self._skip_to(state.mail_at)
            if state != before:
                before, since = state, monotonic()
            # Nothing has changed since the last look, so each group was through with its events at some time between.
            elif (
                (not swept or (state.swept or "") >= stamp(_slot(self.fleet.clock.now())))
                and await self.onlooker.is_idle()
                and state == await store.read(_state)
            ):
                return
            self._watch(since)
            await asyncio.sleep(POLL)

    def _skip_to(self, mail_at: str | None) -> None:
        """Put clocks forward to when a mail is tried again, if all that are left wait for that."""
        if mail_at:
            self.fleet.pass_time((instant(mail_at) - self.fleet.clock.now()).total_seconds())

    def _watch(self, since: float) -> None:
        troubles = [f"{life.name}: {life.trouble}" for life in self.fleet.lives if life.trouble]
        if troubles:
            raise Stuck(f"a part of the hub failed: {'; '.join(troubles)}")
        if monotonic() - since > PATIENCE:
            raise Stuck(f"nothing has changed for {PATIENCE:.0f} s, and the hub is not at rest")

    def _missing(self) -> set[str]:
        return {process.name for process in self.schedule.processes} - {life.name for life in self.fleet.living}

    async def _start(self, names: Iterable[str]) -> None:
        await asyncio.gather(*(self.fleet.start(name) for name in sorted(names)))


class State(NamedTuple):
    """Whether anything goes on, in a few numbers."""

    said: int
    taken: int
    tried: int
    carried: int
    mail_at: str | None
    swept: str | None


def _slot(now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), tz=UTC)


async def _state(session: Session) -> State:
    rows = await session.rows(
        "SELECT (SELECT coalesce(max(seq), 0) FROM history), (SELECT count(*) FROM inbox), "
        "(SELECT coalesce(sum(attempts + 1), 0) FROM parked), (SELECT coalesce(sum(attempts), 0) FROM jobs), "
        "(SELECT min(due_at) FROM jobs WHERE state IN ('due', 'running')), "
        "(SELECT max(time) FROM history WHERE type = 'eu.vethub.reminder.due.v1' AND subject = 'hub')"
    )
    return State(*rows[0])
