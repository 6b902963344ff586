"""Ranking one need against the demonstration's thirty curricula."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date
from time import process_time

from hub.demo import courses, organisations, wishes
from hub.matching.index import CourseIndex
from hub.matching.model import Ask, Course
from hub.matching.rank import rank
from hub.matching.rows import ask_of, course_of
from hub.rows import Curriculum, Need, Organisation, Session
from schemas import curricula, needs
from schemas.organisations import Provider
from tests.bench.harness import Bench, Figure, Ground, Samples

RANKING = Figure("ranking", "ranking a need against the thirty curricula", "ms", 1.0, 0.5, most=True)
TODAY = date(2026, 11, 23)
ROUNDS = 50
CURRICULA = 30
NOBODY: dict[str, dict[str, str]] = defaultdict(lambda: defaultdict(lambda: "nobody-in-particular"))


def catalogue() -> list[Course]:
    """Make the thirty courses as the index holds them."""
    providers = {}
    for each in organisations.ORGANISATIONS:
        told = organisations.registration(each, NOBODY["any"])
        if "provider_id" in told:
            provider = Provider.model_validate(told, strict=False)
            providers[each.slug] = Organisation(key=each.slug, org=each.slug, state="registered", provider=provider)
    sessions: dict[str, list[Session]] = {}
    for provider_id, data in courses.sessions(TODAY):
        ref = f"{provider_id}/{data['curriculum_id']}"
        told_session = curricula.Session.model_validate(data, strict=False)
        key = f"{provider_id}/{data['session_id']}"
        row = Session(key=key, org=provider_id, state="scheduled", curriculum=ref, told=told_session)
        sessions.setdefault(ref, []).append(row)
    made = []
    for data in courses.curricula():
        told_course = curricula.Curriculum.model_validate(data, strict=False)
        ref = f"{told_course.provider_id}/{told_course.curriculum_id}"
        curriculum = Curriculum(key=ref, org=told_course.provider_id, state="published", told=told_course)
        made.append(course_of(curriculum, providers[told_course.provider_id], sessions.get(ref, []), {}))
    return made


def asks() -> list[Ask]:
    """Make the demonstration's needs ready for matching."""
    told = [needs.Need.model_validate(wishes.need(wish, TODAY), strict=False) for wish in wishes.WISHES]
    return [
        ask_of(Need(key=f"{one.company_id}/{one.need_id}", org=one.company_id, state="open", told=one)) for one in told
    ]


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield the milliseconds of processor time that one need takes, found through the index, over the story's needs."""
    made, asked = CourseIndex(), asks()
    for course in catalogue():
        made.put(course)
    if len(made) != CURRICULA:
        raise AssertionError(f"the demonstration has {len(made)} curricula, not {CURRICULA}")
    for _ in range(ground.repeats):
        began = process_time()
        for _ in range(ROUNDS):
            for ask in asked:
                rank(ask, made.courses_for(ask), today=TODAY)
        yield {RANKING.name: (process_time() - began) / (ROUNDS * len(asked)) * 1000}


BENCHES = (Bench("ranking", (RANKING,), measure),)
