"""Coordinators' mornings: what needs somebody, the best news in words, one figure; nothing to say, no mail.

Hears reminder.due of kind digest; says digest.prepared and notification.requested. Once a person and local date.
"""

from collections.abc import Iterator

from events.notifications import DigestPrepared, NotificationRequested
from events.refusals import ReminderDue
from handlers.messages import mail
from handlers.retold import courses, name_of, plain
from hub.digests.board import DIGEST, DigestBoard, Reader
from hub.digests.lines import Morning, Pick, page_of
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.mail import kinds
from hub.mail.kinds import digests as words
from hub.rows import Cooperation, Curriculum, Digest, Match, Organisation
from schemas import matches

digests = Router("notifier")

MOST_REGIONS = 3  # named in a subject; of more, their countries


@digests.on("prepare-digest")
def prepare_digest(
    event: ReminderDue, uow: UnitOfWork, board: DigestBoard
) -> Iterator[DigestPrepared | NotificationRequested]:
    """Tell a coordinator what the new day asks for, since what was told last."""
    reader = board.reader(event.about) if event.kind == DIGEST else None
    if reader is None:
        return
    day = reader.local_date(event.at)
    known = uow.find(Digest, reader.ref)
    if known is not None and known.local_date >= day:
        return
    told = board.morning(reader, since=known.until_seq if known else 0, day=day)
    row = known or Digest(key=reader.ref, org=reader.org, state="silent", local_date=day)
    silence = _silence(reader, told)
    change = {"state": "silent" if silence else "sent", "reason": silence, "local_date": day, "until_seq": board.until}
    if silence is None:
        context = _context(reader, told, event, uow)
        uow.save(row.model_copy(update=change))
        yield from _send(reader, context, uow)
    else:
        uow.save(row.model_copy(update=change))


def _silence(reader: Reader, told: Morning) -> str | None:
    if not reader.nuts:
        return "no_region"
    return None if told.says_something else "nothing_new"


def _send(
    reader: Reader, context: words.CoordinatorDigest, uow: UnitOfWork
) -> Iterator[DigestPrepared | NotificationRequested]:
    for requested in mail(
        "coordinator_digest",
        context,
        recipient_ref=reader.ref,
        org=reader.org,
        about=f"{reader.org}/{context.day.isoformat()}",
        dedupe_key=f"digest/{reader.ref}/{context.day.isoformat()}",
        uow=uow,
    ):
        yield DigestPrepared(
            notification_id=requested.notification_id,
            recipient_ref=reader.ref,
            local_date=context.day,
            items={"needs_you": context.todo_count, "news": context.news_count},
        )
        yield requested


def _context(reader: Reader, told: Morning, event: ReminderDue, uow: UnitOfWork) -> words.CoordinatorDigest:
    return words.CoordinatorDigest(
        hub_url=uow.terms.hub_url,
        page_path="/console",
        coordinator_name=reader.organisation,
        day=reader.local_date(event.at),
        regions=tuple(kinds.Region(code=code) for code in _named(reader.nuts)),
        todo=told.todo,
        todo_count=told.todo_count,
        news=_news(told.news, uow),
        news_count=told.news_count,
        figure=told.figure,
    )


def _news(picks: tuple[Pick, ...], uow: UnitOfWork) -> tuple[words.News, ...]:
    uow.fetch([(Cooperation if pick.agreed else Match, pick.match_id) for pick in picks])
    candidates = [_candidate(pick, uow) for pick in picks]
    orgs = {*(pick.matter.org for pick in picks), *(org for each in candidates for org in each.provider_ids)}
    uow.fetch(
        [
            *((Organisation, org) for org in sorted(orgs)),
            *((Curriculum, ref) for each in candidates for ref in each.curriculum_refs),
        ]
    )
    return tuple(_told(pick, candidate, uow) for pick, candidate in zip(picks, candidates, strict=True))


def _candidate(pick: Pick, uow: UnitOfWork) -> matches.Candidate:
    if pick.agreed:
        return uow.get(Cooperation, pick.match_id).candidate
    return uow.get(Match, pick.match_id).candidates[0]


def _told(pick: Pick, candidate: matches.Candidate, uow: UnitOfWork) -> words.News:
    return words.News(
        ref=pick.matter.ref,
        title=plain(pick.matter.title),
        company_name=name_of(pick.matter.org, uow),
        providers=tuple(name_of(slug, uow) for slug in candidate.provider_ids),
        courses=tuple(course.title for course in courses(candidate.curriculum_refs, (), uow)),
        score=candidate.score,
        reasons=candidate.explanation,
        agreed=pick.agreed,
        page_path=page_of(pick.matter),
    )


def _named(nuts: tuple[str, ...]) -> tuple[str, ...]:
    return nuts if len(nuts) <= MOST_REGIONS else tuple(dict.fromkeys(code[:2] for code in nuts))
