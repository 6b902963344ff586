"""What must be true of the nouns, whatever was killed: every fact has left its trace once, and no trace is without a fact.

`judge` speaks of events and outcomes; here it is rows, jobs and mails. Each function is one promise.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from events.agreements import AgreementDrafted, DocumentRendered, LearnerNominated
from events.base import Event
from events.cooperations import CooperationAgreed
from events.curricula import (
    CurriculumPublished,
    CurriculumRetired,
    CurriculumUpdated,
    SessionCancelled,
    SessionRescheduled,
    SessionScheduled,
    SessionSeatsChanged,
)
from events.matches import (
    MatchAnswered,
    MatchDecided,
    MatchExpired,
    MatchProposed,
    MatchRequested,
    MatchSuperseded,
    RequestAnswered,
)
from events.needs import NeedPublished, NeedUnmatched, NeedUpdated, NeedWithdrawn
from events.notifications import NotificationDelivered, NotificationRequested
from events.organisations import CompanyRegistered, CompanyUpdated, ProviderRegistered, ProviderUpdated
from events.refusals import EventRejected
from hub import rows
from hub.mailing import name_of, sender_of
from hub.settings import Settings
from tests.delivery.judge import Violation
from tests.delivery.torture.evidence import HEARD, Evidence
from tests.delivery.torture.workload import FAULT
from tests.handling.walk_model import wrong_at_rest

QUESTIONS = ("request_to_provider/", "placement_to_provider/")
SENDER = sender_of(Settings.model_construct(mail_from=Settings.model_fields["mail_from"].default))


def broken(evidence: Evidence) -> list[Violation]:
    """List every broken promise about the nouns."""
    promises = (
        nothing_is_stuck,
        nouns_say_what_was_told_last,
        each_published_need_has_one_outcome,
        matches_are_as_proposed,
        each_provider_is_asked_once,
        each_request_is_notified_once,
        each_notification_is_mailed,
        what_was_decided_is_agreed_once,
        each_nomination_has_its_agreement,
        counters_equal_what_was_counted,
        what_runs_out_is_reminded_of,
        senders_are_told_of_refusals_once,
    )
    return list(chain.from_iterable(promise(evidence) for promise in promises))


def nothing_is_stuck(evidence: Evidence) -> Iterator[Violation]:
    """Only what waits for something that is not there may be parked; nothing is unsent, no job undone."""
    for row in evidence.parked:
        noun, _, key = (row.waits_for or "").partition(":")
        absent = noun in rows.BY_NOUN and key not in evidence.rows[rows.BY_NOUN[noun]]
        if row.state != "waiting" or not absent:
            what = f"{row.id} in {row.grp} is {row.state} after {row.attempts} attempts"
            yield Violation("stuck", f"{what}: {row.reason} {row.error or ''}")
    if evidence.unsent:
        yield Violation("stuck", f"{evidence.unsent} events were not sent to Kafka")
    for job in evidence.jobs:
        if job.state != "done":
            yield Violation("stuck", f"job {job.dedupe_key} is {job.state} after {job.attempts} attempts: {job.answer}")


class Told(NamedTuple):
    """Which events tell a noun whole in its writer group, after which it is over, and in which state it is then."""

    kind: type[rows.Row]
    group: str
    by: tuple[type[Event], ...]
    over: tuple[type[Event], ...] = ()
    end: str = ""


TOLD = (
    Told(rows.Need, "matcher", (NeedPublished, NeedUpdated), (NeedWithdrawn,), "withdrawn"),
    Told(rows.Curriculum, "matcher", (CurriculumPublished, CurriculumUpdated), (CurriculumRetired,)),
    Told(rows.Session, "matcher", (SessionScheduled, SessionRescheduled), (SessionCancelled,), "cancelled"),
    Told(rows.Seats, "workflow", (SessionScheduled, SessionSeatsChanged), (SessionCancelled,), "cancelled"),
    Told(rows.Organisation, "matcher", (CompanyRegistered, CompanyUpdated, ProviderRegistered, ProviderUpdated)),
)


def nouns_say_what_was_told_last(evidence: Evidence) -> Iterator[Violation]:
    """The newest event that a group is done with stands in the noun's row, and no row is without such an event."""
    for kind, group, tells, ends, end in TOLD:
        last = {event.subject: event for event in evidence.done(group, *tells)}
        over = {event.subject for event in evidence.done(group, *ends)}
        yield from _differ(kind.NOUN, last, evidence.rows[kind])
        for subject in (last.keys() & evidence.rows[kind].keys()) - over:
            if not _says(evidence.rows[kind][subject], last[subject]):
                told = last[subject].envelope.id
                yield Violation("stale", f"{kind.NOUN} {subject} does not say what {told} told")
        for subject in over if end else ():
            if evidence.rows[kind][subject].state != end:
                yield Violation("revived", f"{kind.NOUN} {subject} is {evidence.rows[kind][subject].state}, not {end}")


def _says(row: Any, event: Any) -> bool:
    if row.told_seq != event.envelope.seq:
        return False
    if isinstance(row, rows.Seats):
        return bool(row.told_free == event.seats_free)
    told: Any = row.company or row.provider if isinstance(row, rows.Organisation) else row.told
    return all(getattr(event, name) == value for name, value in told)


def each_published_need_has_one_outcome(evidence: Evidence) -> Iterator[Violation]:
    """A need leads to one proposal or one gap, at once."""
    caused = Counter(event.envelope.causation_id for event in evidence.said(MatchProposed, NeedUnmatched))
    for event in evidence.done("matcher", NeedPublished):
        if caused[event.envelope.id] != 1:
            yield Violation(
                "need-outcome", f"{event.envelope.id} led to {caused[event.envelope.id]} proposals and gaps"
            )
    yield from _twice("match", (f"{e.envelope.causation_id} {e.about}" for e in evidence.said(MatchProposed)))


def matches_are_as_proposed(evidence: Evidence) -> Iterator[Violation]:
    """Each proposal is a match, each gap a gap, and a need points at the one that is open, if any."""
    proposed = {event.match_id for event in evidence.said(MatchProposed)}
    unmatched = {event.gap_id for event in evidence.said(NeedUnmatched)}
    yield from _differ("match", proposed, evidence.rows[rows.Match])
    yield from _differ("gap", unmatched, evidence.rows[rows.Gap])
    over = {event.match_id for event in evidence.said(MatchSuperseded, MatchExpired, CooperationAgreed)}
    over |= {event.match_id for event in evidence.said(RequestAnswered) if event.reason_code == "company_declined"}
    closed = {key for key, match in evidence.rows[rows.Match].items() if match.state != "open"}
    yield from _differ("closed match", over, closed)
    for kind, pointer in ((rows.Match, "match_id"), (rows.Gap, "gap_id")):
        found = {(row.about, key) for key, row in evidence.rows[kind].items() if row.state == "open"}
        wishes = [*evidence.rows[rows.Need].values(), *evidence.rows[rows.Offer].values()]
        pointed = {
            (each.key, getattr(each, pointer, None)) for each in wishes if each.stands and getattr(each, pointer, None)
        }
        yield from _differ(f"open {kind.NOUN}", pointed, found)


def each_provider_is_asked_once(evidence: Evidence) -> Iterator[Violation]:
    """Each proposal asks each of its providers, once."""
    wanted = {
        f"{event.match_id}/{provider_id}"
        for event in evidence.said(MatchProposed)
        for candidate in event.candidates
        for provider_id in candidate.provider_ids
    }
    asked = [f"{event.match_id}/{event.provider_id}" for event in evidence.said(MatchRequested)]
    yield from _twice("match.requested", asked)
    yield from _differ("match.requested", wanted, asked)
    yield from _differ("request", wanted, evidence.rows[rows.Request])
    for event in evidence.done("workflow", MatchAnswered):
        row = evidence.rows[rows.Request].get(f"{event.match_id}/{event.provider_id}")
        if row is None or row.answer is None:
            yield Violation("answer-lost", f"{event.envelope.id} is done, and its request holds no answer")


def each_request_is_notified_once(evidence: Evidence) -> Iterator[Violation]:
    """One notification for each request; one job, one report of delivery for each notification, whatever it tells."""
    asked = {
        f"{'placement' if event.placement else 'request'}_to_provider/{event.match_id}/{event.provider_id}"
        for event in evidence.said(MatchRequested)
    }
    wanted = [event.dedupe_key for event in evidence.said(NotificationRequested)]
    yield from _differ("request", asked, [key for key in wanted if key.startswith(QUESTIONS)])
    yield from _twice("notification.requested", wanted)
    notifications = evidence.rows[rows.Notification]
    for what, found in (
        ("notification.delivered", [event.dedupe_key for event in evidence.said(NotificationDelivered)]),
        ("notification", [row.dedupe_key for row in notifications.values() if row.state == "delivered"]),
        ("job", [job.dedupe_key for job in evidence.jobs if job.channel == "mail"]),
    ):
        yield from _twice(what, found)
        yield from _differ(what, wanted, found)


def each_notification_is_mailed(evidence: Evidence) -> Iterator[Violation]:
    """At least one mail a notification, always under its own Message-ID, never more mails than attempts."""
    jobs = {name_of(job, SENDER): job for job in evidence.jobs if job.channel == "mail"}
    yield from _differ("mail", jobs, evidence.mails)
    for name, times in evidence.mails.items():
        if name in jobs and times > jobs[name].attempts:
            yield Violation("mail", f"{name} came {times} times in {jobs[name].attempts} attempts")


def what_was_decided_is_agreed_once(evidence: Evidence) -> Iterator[Violation]:
    """Each decision for a candidate that workflow is done with is one cooperation; seats, needs and matches bear it out."""
    decided = [each.match_id for each in evidence.done("workflow", MatchDecided) if each.decision == "accepted"]
    agreed = [event.match_id for event in evidence.said(CooperationAgreed)]
    yield from _twice("decision", decided)
    yield from _twice("cooperation.agreed", agreed)
    yield from _differ("cooperation.agreed", decided, agreed)
    yield from _differ("cooperation", decided, evidence.rows[rows.Cooperation])
    for sentence in wrong_at_rest(evidence.rows, evidence.events):
        yield Violation("oversold", sentence)


def each_nomination_has_its_agreement(evidence: Evidence) -> Iterator[Violation]:
    """One nomination for each that workflow is done with, one agreement, one document; told once unless it was void."""
    told = {event.subject for event in evidence.done("workflow", LearnerNominated)}
    nominations, agreements = evidence.rows[rows.Nomination], evidence.rows[rows.Agreement]
    yield from _differ("nomination", told, nominations)
    yield from _differ("agreement", {each.agreement_id for each in nominations.values()}, agreements)
    rendered = [event.agreement_id for event in evidence.said(DocumentRendered)]
    yield from _twice("document.rendered", rendered)
    yield from _differ("document", agreements, rendered)
    drafted = [event.agreement_id for event in evidence.said(AgreementDrafted)]
    yield from _twice("agreement.drafted", drafted)
    yield from _differ(
        "agreement.drafted", {key for key, row in agreements.items() if row.state == "draft"} | set(drafted), drafted
    )


def counters_equal_what_was_counted(evidence: Evidence) -> Iterator[Violation]:
    """A counter is the number of events of its name, over all partitions."""
    counted: Counter[str] = Counter()
    for row in evidence.rows[rows.Counter].values():
        counted[row.name] += row.count
    said = Counter(event.TYPE for event in evidence.events if event.TYPE in HEARD["projector"])
    for name in sorted(said.keys() | counted.keys()):
        if said[name] != counted[name]:
            yield Violation("counter", f"{name} happened {said[name]} times and was counted {counted[name]} times")


def what_runs_out_is_reminded_of(evidence: Evidence) -> Iterator[Violation]:
    """Each open match and each standing need has its reminder."""
    reminders = {(row.kind, row.about) for row in evidence.due}
    open_matches = {key for key, match in evidence.rows[rows.Match].items() if match.state == "open"}
    standing = {key for key, need in evidence.rows[rows.Need].items() if need.stands}
    for kind, abouts in (("match-expiry", open_matches), ("need-expiry", standing)):
        for about in sorted(abouts):
            if (kind, about) not in reminders:
                yield Violation("reminder-lost", f"nothing will end {about}")


def senders_are_told_of_refusals_once(evidence: Evidence) -> Iterator[Violation]:
    """One `event.rejected` for each event from outside that a group, or several, said no to."""
    refused = {(row.source, row.id) for row in evidence.inbox if row.outcome == "refused" and row.source != "/hub"}
    told = [(event.source, event.id) for event in evidence.said(EventRejected)]
    if sorted(refused) != sorted(told):
        yield Violation("rejection", f"refused were {sorted(refused)}, told was of {sorted(told)}")


def faults(evidence: Evidence) -> int:
    """How many events had a bug played on them."""
    return sum(FAULT in event.envelope.id for event in evidence.events)


def _twice(what: str, names: Iterable[str]) -> Iterator[Violation]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Violation("doubled", f"{what} {name} is there {times} times")


def _differ(what: str, wanted: Iterable[object], found: Iterable[object]) -> Iterator[Violation]:
    missing, extra = set(wanted) - set(found), set(found) - set(wanted)
    if missing:
        yield Violation("missing", f"{what}: {sorted(map(str, missing))}")
    if extra:
        yield Violation("invented", f"{what}: {sorted(map(str, extra))}")
