"""Random conversations through a real hub: whatever people say, in whatever order the groups hear it, the model holds.

`VET_HUB_TEST_WALKS=500` walks so many conversations instead of the few of an ordinary run; Hypothesis prints what repeats
a broken one.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from events.catalogue import read
from hub import rows
from hub.settings import load
from hub.store import history, nouns, parked
from hub.store.session import Session
from tests import builders
from tests.builders import SKILLS
from tests.handling.walk_model import MOVES, Model, Moment, Parked
from tests.story import Story, day, playing

T = TypeVar("T")
WALKS = int(os.environ.get("VET_HUB_TEST_WALKS", "10"))
COMPANIES = ("betangible", "belcinto")
PROVIDERS = ("movex", "ctcp", "escola")
SESSIONS = {"movex/C1-1": 5, "movex/C1-2": 3, "ctcp/C1-1": 4, "escola/C1-1": 2}
"""Sessions and the seats they have at first."""
ABOUTS = tuple(f"{company}/{noun}{n}" for company in COMPANIES for noun in ("N", "O") for n in (1, 2))
SHORT = (Phase.explicit, Phase.reuse, Phase.generate)
"""To make a broken walk shorter takes minutes; `VET_HUB_TEST_WALKS=100` and the seed do it."""
GROUPS = ("matcher", "workflow", "notifier", "projector")
WATCHED = (*MOVES, rows.Gap)
LONG = 400  # days after which everything has run out


class Walk(RuleBasedStateMachine):
    """One conversation of several companies and providers."""

    original: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="walk-"))
        shutil.copy(self.original, self.folder / "hub.db")
        self.model = Model(COMPANIES)
        self.pending: list[tuple[str, str, dict[str, Any], str]] = []
        self.people = 0
        self._end = asyncio.Event()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(learners=st.lists(st.integers(1, 4), min_size=4, max_size=4))
    def open_the_hub(self, learners: list[int]) -> None:
        opened: asyncio.Future[Story] = self.loop.create_future()
        self.stage = self.loop.create_task(self._play(opened))
        self.story = self.run(asyncio.wait_for(opened, 60))
        self.run(self._catalogue())
        for about, headcount in zip((*ABOUTS[:3], ABOUTS[4]), learners, strict=True):
            self._state(about, headcount, anew=False)
        self._post(list(self.pending))
        self._all_work()

    async def _play(self, opened: "asyncio.Future[Story]") -> None:
        async with playing(load(data=self.folder)) as story:
            opened.set_result(story)
            await self._end.wait()

    async def _catalogue(self) -> None:
        say = self.story.say
        for slug in COMPANIES:
            told = builders.company(
                company_id=slug, legal_name=slug, contact_ref=await self.story.person(f"p-{slug}", slug)
            )
            await say("company.registered", slug, told | {"contact_cap_per_28_days": 3})
        for slug in PROVIDERS:
            contact = await self.story.person(f"p-{slug}", slug)
            await say("provider.registered", slug, builders.provider(provider_id=slug, contact_ref=contact))
            await say("curriculum.published", f"{slug}/C1", course(slug))
        for ref, seats in SESSIONS.items():
            await say("session.scheduled", ref, sitting(ref, seats))
        await self.story.settle()

    # ---- what people say ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """Let one thing happen; one rule, so that no walk does without any of them."""
        happens = (self._speak, self._speak, self._speak, self._change, self._one_group_works, self._one_group_works)
        data.draw(st.sampled_from((*happens, self._all_work, self._time_passes)))(data)

    def _speak(self, data: st.DataObject) -> None:
        """Let answers, decisions and nominations be on their way; what is on its way is posted in any order."""
        match_id, asked = self._match(data)
        says = (self._agree, self._agree, self._agree, self._answer, self._answer, self._decide, self._nominate)
        data.draw(st.sampled_from(says))(data, match_id, asked)
        if data.draw(st.booleans()):
            self._nominate(data, match_id, asked)
        self._maybe_post(data)

    def _change(self, data: st.DataObject) -> None:
        changes = (self._wish, self._wish, self._tell_seats, self._tell_seats, self._move, self._cancel, self._withdraw)
        data.draw(st.sampled_from(changes))(data)
        if data.draw(st.integers(0, 9)) == 0:
            self._retire(data)
        self._maybe_post(data)

    def _wish(self, data: st.DataObject) -> None:
        about, learners = data.draw(st.sampled_from(ABOUTS)), data.draw(st.integers(1, 4))
        self._state(about, learners, anew=data.draw(st.booleans()))

    def _state(self, about: str, learners: int, *, anew: bool) -> None:
        company, _, local = about.partition("/")
        if local[0] == "N":
            self._later(f"need.{'updated' if anew else 'published'}", about, need(company, local, learners))
        else:
            self._later(f"placement.{'updated' if anew else 'offered'}", about, offer(company, local, learners))

    def _withdraw(self, data: st.DataObject) -> None:
        about = data.draw(st.sampled_from(ABOUTS))
        local = about.partition("/")[2]
        noun, name = ("need", "need_id") if local[0] == "N" else ("placement", "offer_id")
        self._later(f"{noun}.withdrawn", about, {name: local, "reason_code": "budget"})

    def _agree(self, data: st.DataObject, match_id: str, asked: list[str]) -> None:
        for provider in asked:
            self._later("match.answered", match_id, {"provider_id": provider, "decision": "accepted"}, by=provider)
        candidate = data.draw(st.sampled_from(("c1", "c1", "c2")))
        self._later(
            "match.decided", match_id, {"decision": "accepted", "candidate_id": candidate}, by=self._company(match_id)
        )

    def _answer(self, data: st.DataObject, match_id: str, asked: list[str]) -> None:
        provider = data.draw(st.sampled_from(PROVIDERS if data.draw(st.integers(0, 9)) == 0 else asked))
        own = [ref for ref in SESSIONS if ref.startswith(provider)]
        until = data.draw(st.sampled_from((None, None, 1, 6)))
        told = {
            "decision": data.draw(st.sampled_from(("accepted", "accepted", "interested", "declined", "counter_offer"))),
            "seats_offered": data.draw(st.sampled_from((None, None, 1, 2, 9))),
            "valid_until": until and day_on(self.story, until),
            "candidate_id": data.draw(st.sampled_from((None, None, None, "c1", "c9"))),
            "session_ref": data.draw(st.sampled_from((None, None, None, *own, f"{provider}/C9-9"))),
        }
        given = {name: value for name, value in told.items() if value is not None}
        self._later("match.answered", match_id, {"provider_id": provider} | given, by=provider)

    def _decide(self, data: st.DataObject, match_id: str, asked: list[str]) -> None:
        decision = data.draw(st.sampled_from(("accepted", "accepted", "declined", "needs_info")))
        candidate = data.draw(st.sampled_from(("c1", "c2", "c9"))) if decision == "accepted" else None
        told = {"decision": decision, "candidate_id": candidate} if candidate else {"decision": decision}
        self._later("match.decided", match_id, told, by=self._company(match_id))

    def _nominate(self, data: st.DataObject, match_id: str, asked: list[str]) -> None:
        by = data.draw(st.sampled_from((self._company(match_id), *asked)))
        self.people += 1
        learner = f"p-learner-{self.people}"
        if data.draw(st.integers(0, 3)):
            self.run(self.story.person(learner, by, kind="learner"))
        told = builders.nomination(
            nomination_id=f"NOM-{self.people}",
            learner_ref=learner,
            age_band=data.draw(st.sampled_from(("18+", "15-17"))),
            start=day_on(self.story, 20),
            end=day_on(self.story, 34),
        )
        self._later("learner.nominated", f"{by}/NOM-{self.people}", told | {"match_id": match_id}, by=by)

    def _tell_seats(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(tuple(SESSIONS)))
        self._later("session.seats-changed", ref, {**ids(ref), "seats_free": data.draw(st.integers(0, 5))})

    def _move(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(tuple(SESSIONS)))
        self._later("session.rescheduled", ref, sitting(ref, SESSIONS[ref], data.draw(st.integers(15, 40))))

    def _cancel(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(tuple(SESSIONS)))
        self._later("session.cancelled", ref, {**ids(ref), "reason": "The teacher is ill"})

    def _retire(self, data: st.DataObject) -> None:
        provider = data.draw(st.sampled_from(PROVIDERS))
        self._later("curriculum.retired", f"{provider}/C1", {"curriculum_id": "C1", "reason": "Renewed"})

    def _later(self, type_: str, subject: str, data: dict[str, Any], *, by: str = "") -> None:
        by = by or subject.partition("/")[0]
        told = {"match_id": subject, **data} if type_.startswith("match.") else data
        self.pending.append((type_, subject, told, f"/{'companies' if by in COMPANIES else 'providers'}/{by}"))

    def _maybe_post(self, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            self._post(data.draw(st.permutations(self.pending)) if data.draw(st.booleans()) else list(self.pending))

    def _post(self, said: list[tuple[str, str, dict[str, Any], str]]) -> None:
        self.pending.clear()
        for type_, subject, told, source in said:
            note(f"{source} says {type_} of {subject}: {told}")
            receipt = self.run(self.story.say(type_, subject, told, source=source))
            assert receipt.refusal is None, receipt.refusal

    # ---- what the hub does --------------------------------------------------------------------------------------------

    def _one_group_works(self, data: st.DataObject) -> None:
        group = data.draw(st.sampled_from((*GROUPS[:2], *GROUPS)))
        self.run(self.story.step(group))
        if data.draw(st.booleans()):
            self.run(self.story.retry(group))
        self.look()

    def _all_work(self, data: st.DataObject | None = None) -> None:
        self.run(self.story.settle())
        self.look(settled=True)

    def _time_passes(self, data: st.DataObject) -> None:
        self.story.clock.advance(hours=data.draw(st.sampled_from((1, 1, 1, 24, 24 * 4, 24 * 8))))
        self.run(self.story.hub.scheduler.say_due(self.story.clock.now()))

    def look(self, *, settled: bool = False) -> Moment:
        now = self.run(self.story.hub.store.read(moment))
        if settled:
            self.model.settled.append((len(now.history) and now.history[-1].envelope.seq) or 0)
        assert self.model.wrong(now) == []
        return now

    def teardown(self) -> None:
        if hasattr(self, "story"):
            try:
                self._post(list(self.pending))
                self._all_work()
                for type_ in sorted(set(self.run(self.story.types()))):
                    event(type_)  # `--hypothesis-show-statistics` says how far walks come
                for _ in range(4):
                    self.run(self.story.later(days=LONG / 4))
                assert list(self.model.at_the_end(self.look(settled=True))) == []
            finally:
                self._end.set()
                self.run(self.stage)
        self.loop.close()
        shutil.rmtree(self.folder)

    def _match(self, data: st.DataObject) -> tuple[str, list[str]]:
        """Draw a match that somebody was asked about; the newest is the likeliest, and one nobody knows is possible."""
        asked: dict[str, list[str]] = {}
        for one in self.run(self.story.data("match.requested")):
            asked.setdefault(one["match_id"], []).append(one["provider_id"])
        if not asked or data.draw(st.integers(0, 19)) == 0:
            return builders.MATCH_ID, ["movex"]
        back = data.draw(st.sampled_from((1, 1, 1, 2, 3, 4)))
        match_id = list(asked)[-min(back, len(asked))]
        return match_id, sorted(set(asked[match_id]))

    def _company(self, match_id: str) -> str:
        match = self.run(self.story.row(rows.Match, match_id))
        return match.org if match else "betangible"


def day_on(story: Story, days: int) -> str:
    """Return the date so many days from where the story's clock stands."""
    return str(story.clock.now().date() + timedelta(days=days))


def ids(ref: str) -> dict[str, str]:
    return {"session_id": ref.partition("/")[2], "curriculum_id": "C1"}


def sitting(ref: str, seats: int, start: int = 20) -> dict[str, Any]:
    days = {"start": day(start), "end": day(start + 14), "application_deadline": day(14)}
    return builders.session(**ids(ref), **days, seats_free=seats, split_allowed=ref.startswith("movex"))


def course(slug: str) -> dict[str, Any]:
    skills = [{"uri": SKILLS["S12"]}]
    outcomes = [{"title": {"en": "Run a cutting system"}, "skills": skills}]
    return builders.curriculum(curriculum_id="C1", provider_id=slug, learning_outcomes=outcomes)


def need(company: str, need_id: str, learners: int) -> dict[str, Any]:
    window = {"earliest": day(10), "latest": day(60)}
    skills = [{"uri": SKILLS["S12"], "weight": 5, "must": True}]
    return builders.need(
        need_id=need_id, company_id=company, headcount=learners, start_window=window, valid_until=day(90), skills=skills
    )


def offer(company: str, offer_id: str, places: int) -> dict[str, Any]:
    return builders.without(
        builders.offer(
            offer_id=offer_id,
            company_id=company,
            places=places,
            skills=[{"uri": SKILLS["S12"]}],
            location=builders.UBRIQUE,
            languages=["es"],
            start_window={"earliest": day(10), "latest": day(60)},
        ),
        "tutor_ref",
    )


async def moment(session: Session) -> Moment:
    """Read everything on one snapshot."""
    tables = {kind: {row.key: row for row in await nouns.page(session, kind, limit=1000)} for kind in WATCHED}
    said = await history.tail(session, after_seq=0, limit=10_000)
    stuck = [Parked(row.state, row.reason) for row in await parked.listing(session)]
    refused = await session.rows("SELECT source, id FROM inbox WHERE outcome = 'refused' AND source <> '/hub'")
    return Moment(tables, [read(one) for one in said], stuck, frozenset((row.source, row.id) for row in refused))


@pytest.fixture(autouse=True)
def _original(migrated: Path) -> None:
    Walk.original = migrated


class TestWhateverPeopleSayTheModelHolds(Walk.TestCase):
    settings = settings(
        max_examples=WALKS,
        stateful_step_count=30 if WALKS < 100 else 80,
        deadline=None,
        print_blob=True,
        phases=SHORT if WALKS < 100 else tuple(Phase),
        suppress_health_check=list(HealthCheck),
    )
