"""What there is to tell people of what was agreed: who said yes to what, who learns, and the draft that was made of it.

Read back from the store of a hub that holds the story; the command line puts it on the screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.demo.outcome import MOST, agreements
from hub.demo.tale import english
from hub.rows import Agreement, Cooperation, Curriculum, Nomination
from hub.store import nouns
from hub.store.port import Store

LEARNERS = {
    "pupil": "a pupil",
    "student": "a student",
    "employed": "one of its own people",
    "unemployed": "a job seeker",
}
LANGUAGES = {"en": "English", "pt": "Portuguese", "es": "Spanish"}


class Checked(NamedTuple):
    """A rule that was looked at: its code in words, how it came out, and why, in the document's language."""

    what: str
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """One deal, in the order in which it came about. Organisations are slugs."""

    about: str
    provider: str
    company: str
    course: str
    seats: str
    nominated_by: str
    learner: str
    agreement_id: str
    signers: tuple[str, ...]
    checks: tuple[Checked, ...]
    language: str
    rendered: bool


async def agreed(store: Store) -> list[Agreed]:
    """Return what was agreed, by what it is about."""
    titles = {row.key: english(row.told.title) for row in await store.read(nouns.page, Curriculum, limit=MOST)}
    deals = {row.key: row for row in await store.read(nouns.page, Cooperation, limit=MOST)}
    learners = {row.agreement_id: row for row in await store.read(nouns.page, Nomination, limit=MOST)}
    return [_agreed(each, deals[each.match_id], learners[each.key], titles) for each in await agreements(store)]


def _agreed(
    row: Agreement,
    deal: Cooperation,
    learner: Nomination,
    titles: Mapping[str, str],
) -> Agreed:
    sessions = bool(deal.candidate.session_refs)
    return Agreed(
        about=row.about,
        provider=row.provider_id,
        company=row.org,
        course=", ".join(titles[ref] for ref in deal.candidate.curriculum_refs),
        seats=f"{deal.headcount} seats are held" if sessions else f"it has learners for {deal.headcount} places",
        nominated_by=learner.org,
        learner=_learner(learner),
        agreement_id=row.key,
        signers=tuple(signer.role.replace("_", " ") for signer in row.told.required_signers),
        checks=tuple(Checked(check.code.replace("_", " "), check.status, check.detail) for check in row.told.checks),
        language=LANGUAGES[row.told.language],
        rendered=row.document_sha256 is not None,
    )


def _learner(nomination: Nomination) -> str:
    who = LEARNERS.get(nomination.told.learner_status, "a learner")
    return f"{who}, still a minor" if nomination.told.age_band != "18+" else who
