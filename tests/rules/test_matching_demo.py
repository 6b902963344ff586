"""The rows of the demo story, without stacks: which needs are answered, by what, and why the others are gaps.

The table holds only the curricula that teach a skill which a need of the story asks for.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from hub.matching.explain import sentences
from hub.matching.gaps import cluster_of
from hub.matching.index import CourseIndex
from hub.matching.model import Ask, AskedSkill, Course, Place, Price, Sitting
from hub.matching.outcome import Ranking
from hub.matching.rank import rank
from tests.rules.matching_cases import IASI, PORTO, TODAY, UBRIQUE, day, euro

MODES = {"P": "presential", "O": "online", "B": "blended", "W": "workplace"}
KINDS = {"i": "ivet", "c": "cvet", "both": "both"}
REACH = {"ctcp": ("PT11", "PT16"), "movex": ("ES61",), "tuiasi": ("RO21",), "globalnet": ()}
PLACES = {"ctcp": PORTO, "movex": UBRIQUE, "tuiasi": IASI, "globalnet": Place("PL", 51.759, 19.456)}

# id, EQF, hours, mode, kind, G/D, skills, provider, EUR, then sessions as start..end free language
CATALOGUE = """
C01 5 50 B c    G S1,S36,S17,S6 ctcp      320 35..70:14pt 120..155:14en
C02 5 40 B c    D S11,S8,S4     tuiasi    280 28..56:16ro 60..88:16en
C03 5 35 B both D S10,S2,S8     movex     350 30..51:10es
C05 4 25 P both D S8,S4         ctcp      150 21..28:12pt
C06 4 25 P c    D S8,S9,S12     movex     180 25..32:12es
C07 4 30 W both D S12,S13,S35   movex     220 20..34:8es
C08 3 25 P i    - S14,S13,S17   movex      90 18..25:15es
C10 3 50 P i    - S16,S47       movex     160 14..40:4es 90..116:15es
C11 4 40 P both - S16,S18       movex     240 30..50:10es
C12 3 14 O both G S17,S18       tuiasi     60 15..29:40en
C15 3 25 P both G S24,S25       ctcp      120 45..52:12pt
C16 4 14 W c    G S38,S37,S13   ctcp      110 75..82:12pt
C17 3 7  O both G S37,S36       globalnet  30 10..17:60en
C18 5 20 B c    G S37,S38,S45   tuiasi    150 32..60:20ro
C23 5 25 B c    D S33,S34       tuiasi    200 30..65:16ro
C24 3 14 W both - S35,S34       movex      90 16..30:10es
C26 5 30 B both - S1,S5,S3      tuiasi    180 42..72:18en
"""


def sitting(text: str, ref: str, mode: str, provider: str) -> Sitting:
    dates, seats = text.split(":")
    start, end = dates.split("..")
    return Sitting(
        ref=ref,
        start=day(int(start)),
        end=day(int(end)),
        mode=mode,
        language=seats[-2:],
        seats_free=int(seats[:-2]),
        location=None if mode == "online" else PLACES[provider],
    )


def course(line: str) -> Course:
    name, eqf, hours, mode, kind, flags, skills, provider, price, *sessions = line.split()
    ref = f"{provider}/{name}"
    return Course(
        ref=ref,
        provider_id=provider,
        concepts=frozenset(skills.split(",")),
        hours=int(hours),
        kind=KINDS[kind],
        modes=(MODES[mode],),
        languages=("en",),
        sittings=tuple(sitting(each, f"{ref}-{n}", MODES[mode], provider) for n, each in enumerate(sessions)),
        coverage_nuts=REACH[provider],
        place=PLACES[provider],
        price=Price(Decimal(price), "EUR"),
        eqf=int(eqf),
        green=flags == "G",
        digital=flags == "D",
    )


def ask(
    ref: str, skills: str, people: str, place: Place, modes: str, languages: str, window: str, **limits: object
) -> Ask:
    """One row of demo.md §2; a skill is written `S1m5`."""
    count, kind = people.split()
    earliest, latest = window.split("..")
    asked = tuple(AskedSkill(each[:-2], weight=int(each[-1]), must=each[-2] == "m") for each in skills.split())
    return Ask(
        ref=ref,
        skills=asked,
        headcount=int(count),
        target_group=kind,
        locations=(place,),
        languages=tuple(languages.split()),
        earliest=day(int(earliest)),
        latest=day(int(latest)),
        modes=frozenset(modes.split()),
        **limits,
    )


N_001 = ask(
    "belcinto/N-001",
    "S1m5 S36m4 S38m4 S17o2 S37o2",
    "6 cvet",
    PORTO,
    "blended workplace",
    "pt en",
    "14..90",
    needed_by=day(130),
    eqf_min=4,
    eqf_max=5,
    max_hours=80,
    max_cost=euro(450),
)
N_002 = ask(
    "betangible/N-002",
    "S12m5 S13o3 S35o2",
    "3 cvet",
    UBRIQUE,
    "workplace presential",
    "es",
    "10..60",
    radius_km=30,
    eqf_min=3,
    eqf_max=4,
    max_hours=40,
    max_cost=euro(250),
    wbl_possible=True,
)
N_003 = ask("belcinto/N-003", "S11m5 S8m3", "4 cvet", PORTO, "blended online", "pt", "10..90", eqf_min=4, eqf_max=6)
N_004 = ask("betangible/N-004", "S16m5", "10 ivet", UBRIQUE, "presential", "es", "7..21", radius_km=30)
OFICINA, ATELIER = (
    ask(
        ref,
        "S34m5 S35o2",
        "2 cvet",
        place,
        "presential workplace",
        language,
        "10..120",
        radius_km=50,
        eqf_min=3,
        eqf_max=4,
    )
    for ref, place, language in (("oficina-a/N-1", PORTO, "pt"), ("atelier-d/N-1", IASI, "ro"))
)


@pytest.fixture(scope="module")
def catalogue() -> CourseIndex:
    index = CourseIndex()
    for line in CATALOGUE.strip().splitlines():
        index.put(course(line))
    return index


def ranked(asked: Ask, catalogue: CourseIndex) -> Ranking:
    return rank(asked, catalogue.courses_for(asked), today=TODAY)


def test_the_cutters_of_betangible_are_offered_c07_and_behind_it_c06(catalogue: CourseIndex) -> None:
    ranking = ranked(N_002, catalogue)

    assert [(each.curriculum_refs, each.score) for each in ranking.candidates] == [
        (("movex/C07",), 94.2),
        (("movex/C06",), 70.0),
    ]
    assert ranking.gap is None


def test_the_points_of_c07_are_those_one_can_work_out_by_hand(catalogue: CourseIndex) -> None:
    first = ranked(N_002, catalogue).candidates[0]

    assert first.breakdown == {
        "skills": 40,
        "distance": 12,
        "date": 10.8,
        "level": 8,
        "focus": 6,
        "cost": 3.36,
        "language": 4,
        "green_digital": 4,
        "credential": 4,
        "record": 2,
    }
    assert (first.coverage, first.total_hours, first.total_cost, first.distance_km) == (1.0, 30, euro("220.00"), 0.0)
    assert (first.session_refs, first.provider_ids, first.start) == (("movex/C07-0",), ("movex",), day(20))
    assert "30 EUR under your limit" in sentences(first.explanation)


def test_c06_says_what_it_leaves_out(catalogue: CourseIndex) -> None:
    second = ranked(N_002, catalogue).candidates[1]

    assert second.coverage == 0.5
    assert second.uncovered_skills == ("S13", "S35")


def test_no_single_curriculum_teaches_circular_design_and_waste_together(catalogue: CourseIndex) -> None:
    ranking = ranked(N_001, catalogue)

    assert ranking.gap == ("no_curriculum",)
    assert [each.curriculum_refs[0] for each in ranking.nearest_misses] == ["ctcp/C01", "tuiasi/C26", "ctcp/C16"]
    assert ranking.nearest_misses[0].failed == ("skills",)
    assert ranking.uncovered_skills == ("S38", "S37")


def test_pattern_making_with_ai_is_not_taught_in_portuguese_nor_near(catalogue: CourseIndex) -> None:
    ranking = ranked(N_003, catalogue)

    assert ranking.gap == ("language", "too_far")
    assert ranking.nearest_misses[0].curriculum_refs == ("tuiasi/C02",)
    assert sentences(ranking.nearest_misses[0].why) == [
        "held in Romanian, which you did not ask for",
        "2,939 km away, you go up to 50 km",
    ]


def test_ten_stitchers_find_too_few_seats_in_the_first_session(catalogue: CourseIndex) -> None:
    ranking = ranked(N_004, catalogue)

    assert ranking.gap == ("no_seats",)
    assert [(each.curriculum_refs, each.failed) for each in ranking.nearest_misses] == [
        (("movex/C10",), ("no_seats",)),
        (("movex/C11",), ("no_session_in_window",)),
    ]


def test_the_portuguese_workshops_miss_language_and_nearness(catalogue: CourseIndex) -> None:
    ranking = ranked(OFICINA, catalogue)

    assert ranking.gap == ("language", "too_far")
    assert ranking.nearest_misses[0].curriculum_refs == ("movex/C24",)
    assert cluster_of(OFICINA).key == "PT11|pt|3-4|S34"


def test_the_romanian_workshops_miss_only_the_mode(catalogue: CourseIndex) -> None:
    ranking = ranked(ATELIER, catalogue)

    assert ranking.gap == ("mode",)
    assert ranking.nearest_misses[0].curriculum_refs == ("tuiasi/C23",)


def test_a_need_in_words_nobody_understands_is_a_gap_of_its_own(catalogue: CourseIndex) -> None:
    words = "reparação de artigos de marroquinaria"
    unresolved = ask("belcinto/N-005", "", "2 cvet", PORTO, "presential", "pt", "30..90", max_cost=euro(150))
    unresolved = replace(unresolved, skills=(AskedSkill(None, words, 5),))

    ranking = ranked(unresolved, catalogue)

    assert ranking.gap == ("unresolved_skills",)
    assert ranking.uncovered_skills == (words,)


def test_once_its_words_are_understood_it_is_offered_c15(catalogue: CourseIndex) -> None:
    resolved = ask("belcinto/N-005", "S24m5", "2 cvet", PORTO, "presential", "pt", "30..90", max_cost=euro(150))

    ranking = ranked(resolved, catalogue)

    assert [each.curriculum_refs for each in ranking.candidates] == [("ctcp/C15",)]
