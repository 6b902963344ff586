"""Gaps: needs that nothing answers, and the skills that are missing where."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from hub import rows
from hub.rows import Gap, Need
from hub.store import looks, nouns
from hub.store.looks import Found, Regions
from hub.store.session import Session
from hub.web.console import links
from hub.web.console.filters import options
from hub.web.console.visit import Desk, Visit
from hub.web.sight import regions_seen

MOST = 50  # gaps a page
LOOKED_AT = 400  # newest open gaps that the picture of missing skills is made of
SKILLS, REGIONS = 8, 5  # rows and columns of it
MANY = 5  # learners from which a cell is dark
NUTS_2 = 4  # characters

desk = Desk()


@dataclass(frozen=True, slots=True)
class Unmet:
    """Learners who wait, by missing skill and region; both with most learners first."""

    skills: Sequence[str]
    regions: Sequence[str]
    learners: Mapping[tuple[str, str], int]

    def shade(self, skill: str, region: str) -> str:
        """Return how dark a cell is."""
        n = self.learners.get((skill, region), 0)
        return "many" if n >= MANY else "some" if n else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One gap in the list, with its need and the names of the nearest courses."""

    gap: Gap
    need: Need | None
    nearest: Sequence[rows.Curriculum]


@desk.page("/gaps")
async def gaps(visit: Visit) -> Response:
    """What nothing in the catalogue answers."""
    state = "closed" if visit.asked("state") == "closed" else "open"
    lines, names, unmet, cursor = await visit.read(_listed, visit, state)
    choices = [(each, each, visit.pulse.of("gaps", each)) for each in ("open", "closed")]
    return await visit.draw(
        "gaps.html",
        lines=lines,
        names=names,
        unmet=unmet,
        filters=options("gaps", "state", choices, state),
        first=links.listed("gaps", state=state) if visit.asked("before") else "",
        next=links.listed("gaps", state=state, before=cursor) if cursor else "",
    )


async def _listed(session: Session, visit: Visit, state: str) -> tuple[list[Line], dict[str, str], Unmet | None, str]:
    regions = await regions_seen(session, visit.visitor.sender)
    before = looks.cursor_of(visit.asked("before"))
    found = await looks.newest(session, Gap, limit=MOST + 1, state=state, regions=regions, before=before)
    shown = found[:MOST]
    needs = await nouns.load(session, Need, [each.row.about for each in shown])
    near = [ref for each in shown for miss in each.row.told.nearest_misses[:1] for ref in miss.curriculum_refs]
    courses = await nouns.load(session, rows.Curriculum, near)
    lines = [Line(each.row, needs.get(each.row.about), _nearest(each, courses)) for each in shown]
    names = await looks.names(session, [each.row.org for each in shown])
    unmet = await missing_skills(session, regions) if before is None and state == "open" else None
    return lines, names, unmet, shown[-1].cursor if len(found) > MOST else ""


def _nearest(found: Found[Gap], courses: Mapping[str, rows.Curriculum]) -> list[rows.Curriculum]:
    misses = found.row.told.nearest_misses[:1]
    return [courses[ref] for miss in misses for ref in miss.curriculum_refs if ref in courses]


async def missing_skills(session: Session, regions: Regions) -> Unmet:
    """Return how many learners wait for which skill in which region, from the newest open gaps."""
    found = await looks.newest(session, Gap, limit=LOOKED_AT, state="open", regions=regions)
    needs = await nouns.load(session, Need, [each.row.about for each in found])
    learners: dict[tuple[str, str], int] = defaultdict(int)
    for each in found:
        need = needs.get(each.row.about)
        if need is None:
            continue
        region = need.told.locations[0].nuts[:NUTS_2]
        for skill in _missing(each.row, need):
            learners[skill, region] += need.told.headcount
    return Unmet(_most(learners, 0, SKILLS), _most(learners, 1, REGIONS), learners)


def _missing(gap: Gap, need: Need) -> Sequence[str]:
    """Return the skills that must be taught and that the nearest course lacks; all musts where it lacks none."""
    musts = [each.uri or each.text or "" for each in need.told.skills if each.must]
    lacking = [each for each in musts if each in gap.told.uncovered_skills]
    return lacking or musts


def _most(learners: Mapping[tuple[str, str], int], which: int, most: int) -> list[str]:
    totals: dict[str, int] = defaultdict(int)
    for pair, n in learners.items():
        totals[pair[which]] += n
    return sorted(totals, key=lambda name: (-totals[name], name))[:most]
