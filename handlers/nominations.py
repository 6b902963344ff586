"""Who learns: nominations for what was agreed, and the agreement that is drafted for each with hours at a workplace.

Hears learner.nominated and document.rendered; says cooperation.filled and agreement.drafted. The document itself is made
by a courier, which alone reads names.
"""

from collections.abc import Iterator

from events.agreements import AgreementDrafted, DocumentRendered, LearnerNominated
from events.cooperations import CooperationFilled
from handlers.drafts import draft, has_workplace
from handlers.papers import paper
from hub.agreements.draft import Draft
from hub.dispatch.outcomes import Refused, Waiting
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.known_people import KnownPeople, named_in
from hub.rows import Agreement, Cooperation, Match, Nomination, Seats
from schemas import agreements

nominations = Router("workflow")

DOCUMENT = "document"
UNKNOWN = "nobody stands behind {ref} yet: the person is to come by POST /v1/people"
ERASED = "the person behind {ref} was erased; put whoever takes the place in by POST /v1/people and nominate that ref"


@nominations.on("nominate-learner")
def nominate_learner(event: LearnerNominated, uow: UnitOfWork, people: KnownPeople) -> Iterator[CooperationFilled]:
    """Record a learner for what was agreed, and draft the agreement where there are hours at a workplace."""
    match = uow.get(Match, event.match_id, otherwise=f"match {event.match_id} is not known to the hub yet")
    cooperation = _agreed(match, uow)
    _refuse_strangers(event, cooperation)
    _refuse_what_no_longer_fits(event, cooperation, uow)
    _require_people(event, cooperation, people)
    told = event.payload(agreements.Nomination)
    nomination = Nomination(
        key=event.subject, org=event.org, state="nominated", match_id=match.key, told=told, told_seq=uow.seq
    )
    cooperation = _joined(cooperation, nomination)
    if has_workplace(cooperation, uow):
        agreement = draft(nomination, cooperation, uow)
        uow.save(agreement)
        nomination = nomination.model_copy(update={"agreement_id": agreement.key})
        _have_rendered(paper(agreement.told, nomination, cooperation, uow), uow)
    uow.save(nomination)
    uow.save(cooperation)
    if cooperation.state == "filled":
        yield CooperationFilled(
            match_id=match.key,
            about=cooperation.about,
            company_id=cooperation.org,
            provider_ids=cooperation.candidate.provider_ids,
            candidate_id=cooperation.candidate.candidate_id,
            headcount=cooperation.headcount,
        )


@nominations.on("tell-draft")
def tell_draft(event: DocumentRendered, uow: UnitOfWork) -> Iterator[AgreementDrafted]:
    """Tell that an agreement was drafted once its document can be read."""
    agreement = uow.get(Agreement, event.agreement_id)
    if agreement.document_sha256 is not None:
        return
    uow.save(agreement.model_copy(update={"document_sha256": event.document_sha256, "unfilled": event.unfilled}))
    if agreement.state == "draft":
        yield AgreementDrafted(**dict(agreement.told), document_sha256=event.document_sha256, unfilled=event.unfilled)


def _agreed(match: Match, uow: UnitOfWork) -> Cooperation:
    cooperation = uow.find(Cooperation, match.key)
    if cooperation is None:
        raise Refused("not_agreed", f"match {match.key} is not agreed; nominate once the company has accepted")
    if cooperation.state == "broken":
        raise Refused("cooperation_broken", f"what was agreed on match {match.key} does not take place")
    if cooperation.state != "agreed":
        raise Refused("filled", f"all {cooperation.headcount} learners of match {match.key} are nominated")
    return cooperation


def _refuse_strangers(event: LearnerNominated, cooperation: Cooperation) -> None:
    if event.org not in (cooperation.org, *cooperation.candidate.provider_ids):
        raise Refused("not_yours", f"{event.org} is no party of match {event.match_id}")


def _refuse_what_no_longer_fits(event: LearnerNominated, cooperation: Cooperation, uow: UnitOfWork) -> None:
    if uow.find(Nomination, event.subject) is not None:
        raise Refused("exists", f"{event.subject} was nominated before; give the next one an id of its own")
    others = [uow.get(Nomination, ref) for ref in cooperation.nominated]
    if any(each.told.learner_ref == event.learner_ref for each in others):
        raise Refused("already_nominated", f"this learner is nominated for match {event.match_id} already")
    for ref in cooperation.candidate.session_refs:
        session = uow.get(Seats, ref).told
        if session is not None and session.start < uow.now.date():
            raise Refused("session_began", f"session {ref} began on {session.start}")
    if event.start < uow.now.date():
        raise Refused("start_passed", f"{event.start} has passed; give a first day that is still to come")


def _require_people(event: LearnerNominated, cooperation: Cooperation, people: KnownPeople) -> None:
    """Wait for people who are not in the vault, and for those of strangers alike, so that nobody learns who is or was."""
    parties = (cooperation.org, *cooperation.candidate.provider_ids)
    for ref in named_in(event):
        known = people.find(ref)
        if known is None and people.erased_from(ref) in parties:
            raise Refused("person_erased", ERASED.format(ref=ref))
        if known is None or known.org not in parties:
            raise Waiting("person", ref, UNKNOWN.format(ref=ref))
    learner = people.find(event.learner_ref)
    minor = learner.is_minor_on(event.start) if learner else None
    if minor is not None and minor != (event.age_band == "15-17"):
        raise Refused("age_band", f"age_band {event.age_band} disagrees with the birth date that the vault holds")


def _joined(cooperation: Cooperation, nomination: Nomination) -> Cooperation:
    nominated = (*cooperation.nominated, nomination.key)
    state = "filled" if len(nominated) >= cooperation.headcount else "agreed"
    return cooperation.model_copy(update={"nominated": nominated, "state": state})


def _have_rendered(paper: Draft, uow: UnitOfWork) -> None:
    body = paper.model_dump(mode="json", exclude_defaults=True)
    key = f"{DOCUMENT}/{paper.agreement_id}/{paper.version}"
    uow.job(channel=DOCUMENT, kind=paper.template, body=body, dedupe_key=key)
