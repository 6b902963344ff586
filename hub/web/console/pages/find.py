"""The search box: takes an id of anything and goes to its page. What somebody may not see is not found."""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response

from hub.rows import Agreement, Curriculum, Gap, Match, Need, Nomination, Offer, Organisation, Request
from hub.rows import Session as Sitting
from hub.store import history, jobs, nouns, parked
from hub.store.session import Session
from hub.web.console import links
from hub.web.console.pages.organisations import is_seen
from hub.web.console.visit import Desk, Visit
from hub.web.sight import regions_seen, sees, sees_agreement

Look = Callable[[Session, str, Visit], Awaitable[str]]

desk = Desk()


@desk.page("/find")
async def find(visit: Visit) -> Response:
    """Go to what is called so, or say that there is nothing."""
    word = visit.asked("q").strip()
    if not word:
        return RedirectResponse(links.HOME, 303)
    address = await visit.read(_address_of, word, visit)
    return RedirectResponse(address, 303) if address else visit.back(links.HOME, "found_nothing", word=word)


async def _address_of(session: Session, word: str, visit: Visit) -> str:
    for look in LOOKS:
        address = await look(session, word, visit)
        if address:
            return address
    return ""


async def _need(session: Session, word: str, visit: Visit) -> str:
    """A need or placement by its ref, or by a match, gap or request about it."""
    refs = {word}
    refs |= {row.about for row in (await nouns.load(session, Match, [word])).values()}
    refs |= {row.about for row in (await nouns.load(session, Gap, [word])).values()}
    refs |= {row.about for row in (await nouns.load(session, Request, [word])).values()}
    found: dict[str, Need | Offer] = {**await nouns.load(session, Need, sorted(refs))}
    for row in (found | await nouns.load(session, Offer, sorted(refs))).values():
        if await sees(session, row, visit.visitor.sender):
            return links.about(row)
    return ""


async def _agreement(session: Session, word: str, visit: Visit) -> str:
    """An agreement by its id or by its nomination's ref."""
    nominations = (await nouns.load(session, Nomination, [word])).values()
    ids = [word, *(each.agreement_id for each in nominations if each.agreement_id)]
    for row in (await nouns.load(session, Agreement, ids)).values():
        if await sees_agreement(session, row, visit.visitor.sender):
            return links.agreement(row.key)
    return ""


async def _course(session: Session, word: str, _visit: Visit) -> str:
    """A course by its ref, or by that of one of its sessions."""
    refs = {word} | {row.curriculum for row in (await nouns.load(session, Sitting, [word])).values()}
    found = await nouns.load(session, Curriculum, sorted(refs))
    return links.curriculum(next(iter(found))) if found else ""


async def _organisation(session: Session, word: str, visit: Visit) -> str:
    """An organisation by its slug, in whatever case it was written."""
    row = (await nouns.load(session, Organisation, [word.lower()])).get(word.lower())
    return (
        links.organisation(row.key) if row and is_seen(row, await regions_seen(session, visit.visitor.sender)) else ""
    )


async def _put_aside(session: Session, word: str, visit: Visit) -> str:
    """A parked event by its own id or the parked row's, for operators."""
    row = await parked.find(session, word) if visit.visitor.operates else None
    return links.parked(row.parked_id) if row else ""


async def _mail(session: Session, word: str, visit: Visit) -> str:
    """A mail by its id, for operators."""
    job = await jobs.find(session, word) if visit.visitor.operates else None
    return links.mail(job.job_id) if job and job.channel == "mail" else ""


async def _story(session: Session, word: str, visit: Visit) -> str:
    """Anything else that events name, for operators."""
    return links.trace(word) if visit.visitor.operates and await history.stories_of(session, word) else ""


LOOKS: tuple[Look, ...] = (_need, _agreement, _course, _organisation, _put_aside, _mail, _story)
