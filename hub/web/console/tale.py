"""Events in sentences, for stories and the stream. A type without a sentence of its own is told by its class's first line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from events.catalogue import EVENTS
from events.envelope import HUB_SOURCE, Envelope
from hub.store import looks
from hub.store.session import Session
from hub.visitors import HUB_ORG
from hub.web.console import times, words
from schemas.values import Title

Names = Mapping[str, str]
Data = Mapping[str, Any]
OPERATORS = "the hub’s operators"
OF_ORGANISATIONS = ("company_id", "provider_id", "organisation_id")

BECAUSE = {
    "sweep": "a look at everything that missed a change",
    "match_expired": "nobody decided in time",
    "provider_changed": "a provider changed what it says of itself",
    "curriculum_changed": "a course is offered or changed",
    "curriculum_retired": "a course is no longer offered",
    "session_changed": "a session is planned or moved",
    "session_cancelled": "a session is cancelled",
    "seats_changed": "free seats changed",
    "contact_cap_free": "the company takes enquiries again",
    "contact_cap_raised": "the company takes more enquiries than before",
}
DECISIONS = {
    "accepted": "says yes",
    "interested": "is interested",
    "declined": "says no",
    "counter_offer": "makes another offer",
    "expired": "has not answered in time",
    "closed": "is not needed any more",
}
DECIDED = {"accepted": "chooses", "declined": "wants none of it", "needs_info": "wants to know more before it decides"}
BROKEN = {
    "session_cancelled": "the session is cancelled",
    "session_moved": "the session moved",
    "curriculum_retired": "the course is no longer offered",
    "withdrawn": "the company withdrew it",
}
MAILS = {
    "request_to_provider": "the request",
    "placement_to_provider": "the request",
    "proposals_to_company": "what fits, to the company",
    "gap_to_company": "that nothing fits, to the company",
    "answer_to_company": "the answer, to the company",
    "decision_to_provider": "the decision, to the provider",
    "agreement_to_party": "the draft, to one who is to sign it",
    "cooperation_broken": "that it cannot take place",
    "coordinator_digest": "the morning’s digest",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One event as people read it: when, what, about what, who said it, and the event itself."""

    at: datetime
    sentence: str
    type: str
    id: str
    seq: int
    subject: str
    by: str


def _who(data: Data, names: Names, field: str) -> str:
    slug = str(data.get(field, ""))
    return names.get(slug, slug)


def _days(data: Data) -> str:
    return times.days(date.fromisoformat(data["start"]), date.fromisoformat(data["end"]))


def _providers(data: Data, names: Names) -> str:
    return " and ".join(names.get(each, each) for each in data["provider_ids"])


def _title(data: Data) -> str:
    title: Title = data.get("title", "")
    return f"«{words.plain(title)}»" if title else "it"


def _company(fact: str) -> Callable[[Data, Names], str]:
    return lambda data, names: f"{_who(data, names, 'company_id')} {fact}"


def _provider(fact: str) -> Callable[[Data, Names], str]:
    return lambda data, names: f"{_who(data, names, 'provider_id')} {fact}"


def _because(data: Data) -> str:
    return BECAUSE.get(str(data["because"]), str(data["because"]).replace("_", " "))


def _unmatched(data: Data, _names: Names) -> str:
    return "Nothing fits: " + "; ".join(words.said(code) for code in data["reason_codes"])


def _proposed(data: Data, _names: Names) -> str:
    found = data["candidates"]
    ways = "One way to meet it was found" if len(found) == 1 else f"{len(found)} ways to meet it were found"
    return f"{ways}; the best has {found[0]['score']:g} points"


def _answered(data: Data, names: Names) -> str:
    who = _providers(data, names)
    why = f": {words.REASON_CODES.get(data['reason_code'], data['reason_code'])}" if data.get("reason_code") else ""
    return f"{who} {DECISIONS.get(data['decision'], data['decision'])}{why}"


def _session(fact: str) -> Callable[[Data, Names], str]:
    return lambda data, _names: fact.format(start=data.get("start", ""), seats=data.get("seats_free", ""))


def _mail(fact: str) -> Callable[[Data, Names], str]:
    def told(data: Data, _names: Names) -> str:
        kind = MAILS.get(data["kind"], str(data["kind"]).replace("_", " "))
        return fact.format(kind=kind, why=data.get("detail") or data.get("reason_code", ""))

    return told


SENTENCES: Mapping[str, Callable[[Data, Names], str]] = {
    "need.published": _company("published the need"),
    "need.updated": _company("stated the need anew"),
    "need.withdrawn": lambda _data, _names: "The company no longer looks for this",
    "need.expired": lambda _data, _names: "The last day of the need has passed",
    "need.rematch-due": lambda data, _names: f"It is matched again: {_because(data)}",
    "need.unmatched": _unmatched,
    "match.proposed": _proposed,
    "match.requested": _provider("is asked; the company’s name stays hidden"),
    "match.answered": _provider("answers"),
    "match.superseded": lambda _data, _names: "A newer match takes the place of this one",
    "match.expired": lambda _data, _names: "Nobody decided in time; the match is over",
    "match.excluded": lambda data, _names: f"A coordinator takes {data['curriculum_ref']} out for this need",
    "request.answered": _answered,
    "notification.requested": _mail("A mail is written: {kind}"),
    "notification.delivered": _mail("The mail left: {kind}"),
    "notification.failed": _mail("The mail could not be delivered: {why}"),
    "event.rejected": lambda data, _names: f"An event no longer applies: {data['detail']}",
    "company.registered": _company("joins as a company"),
    "company.updated": _company("changed what it says of itself"),
    "provider.registered": _provider("joins as a provider"),
    "provider.updated": _provider("changed what it says of itself"),
    "coordinator.registered": lambda data, names: f"{_who(data, names, 'organisation_id')} joins as a coordinator",
    "curriculum.published": lambda data, names: f"{_who(data, names, 'provider_id')} offers {_title(data)}",
    "curriculum.updated": lambda data, names: f"{_who(data, names, 'provider_id')} changed {_title(data)}",
    "session.scheduled": _session("A session is planned from {start}, {seats} seats are free"),
    "session.rescheduled": _session("A session moves; it begins on {start}"),
    "session.seats-changed": _session("{seats} seats of a session are free now"),
    "session.cancelled": _session("A session is cancelled"),
    "match.decided": lambda data, _names: f"The company {DECIDED.get(data['decision'], data['decision'])}",
    "cooperation.agreed": lambda data, names: (
        f"{_who(data, names, 'company_id')} agrees with {_providers(data, names)}"
    ),
    "cooperation.filled": lambda data, _names: f"All {data['headcount']} learners are nominated",
    "cooperation.broken": lambda data, _names: (
        f"It cannot take place: {BROKEN.get(data['reason_code'], data['reason_code'])}"
    ),
    "learner.nominated": lambda data, _names: f"A learner is nominated, {_days(data)}",
    "agreement.drafted": lambda data, _names: f"An agreement is drafted; {len(data['required_signers'])} must sign it",
    "document.rendered": lambda _data, _names: "The document of an agreement is made",
    "placement.offered": _company("offers the placement"),
    "placement.updated": _company("stated the placement anew"),
    "placement.withdrawn": lambda _data, _names: "The company no longer offers this placement",
    "reminder.due": lambda data, _names: f"A moment has come: {str(data['kind']).replace('_', ' ')}",
}


def orgs_in(said: Iterable[Envelope]) -> set[str]:
    """Return the organisations that sentences about these events name."""
    found: set[str] = set()
    for each in said:
        data = orjson.loads(each.data)
        found |= {str(data[field]) for field in OF_ORGANISATIONS if field in data}
        found |= set(data.get("provider_ids", ()))
        found |= {each.tenant or "", recorded_for(each) or ""}
    return found


async def tell(session: Session, said: Iterable[Envelope]) -> list[Said]:
    """Put events into words, with the names of the organisations in them."""
    told = list(said)
    names = await looks.names(session, sorted(orgs_in(told)))
    return [as_said(each, names) for each in told]


def as_said(envelope: Envelope, names: Names) -> Said:
    """Put one event into words."""
    at = envelope.received_at or envelope.time
    if at is None:
        raise ValueError(f"{envelope.id} was stored without a time")
    by = "the hub" if envelope.source == HUB_SOURCE else names.get(envelope.tenant or "", envelope.tenant or "")
    return Said(
        at, sentence(envelope, names), envelope.short_type, envelope.id, envelope.seq or 0, envelope.subject, by
    )


def recorded_for(envelope: Envelope) -> str | None:
    """Return the party a coordinator recorded an event for, None where somebody speaks for itself."""
    party = _party(envelope)
    is_other = envelope.source.startswith("/coordinators/") and party != envelope.tenant
    return party if is_other else None


def _party(envelope: Envelope) -> str | None:
    match envelope.short_type:
        case "match.answered":
            return str(orjson.loads(envelope.data)["provider_id"])
        case "match.decided":
            return (envelope.partition_key or "").partition("/")[0]  # the key is the need or offer it is about
        case "learner.nominated":
            return envelope.subject.partition("/")[0]
        case _:
            return None


def sentence(envelope: Envelope, names: Names) -> str:
    """Say what an event says, and for whom somebody else said it."""
    party, by = recorded_for(envelope), envelope.tenant or ""
    behalf = (
        f" – recorded by {names.get(by, OPERATORS if by == HUB_ORG else by)} for {names.get(party, party)}"
        if party
        else ""
    )
    return _sentence(envelope, names) + behalf


def _sentence(envelope: Envelope, names: Names) -> str:
    say = SENTENCES.get(envelope.short_type)
    if say is not None:
        return words.capital(say(orjson.loads(envelope.data), names))
    event = EVENTS.get(envelope.short_type)
    line = (event.__doc__ or "").partition("\n")[0] if event else ""
    return line.rstrip(".") or envelope.short_type.replace(".", " ")
