"""What each mail has to say: one frozen context a kind, and MAILS, the table of all kinds.

Handlers write a context into a job as JSON, the courier reads it back, `hub/mail/render` puts it into words.
A context never holds a person's name or address: those are looked up when the mail leaves, so that an erasure reaches them.
To add a mail: a context with its sample in the file of its noun and a row in MAILS here, a folder `templates/<kind>/`
(subject.txt, body.txt, body.html) with its translations (`locale/babel.cfg` says how), and the function in `handlers` that
asks for it.
"""

from collections.abc import Mapping

from hub.mail.kinds.agreements import AgreementToParty, Check
from hub.mail.kinds.answers import AnswerToCompany
from hub.mail.kinds.base import Course, Entry, MailContext, Proposed, Region, Session, Skill
from hub.mail.kinds.decisions import CooperationBroken, DecisionToProvider
from hub.mail.kinds.digests import CoordinatorDigest, Figure, News, Todo
from hub.mail.kinds.proposals import GapToCompany, Miss, ProposalsToCompany
from hub.mail.kinds.requests import Option, PlacementToProvider, RequestToProvider

MAILS: Mapping[str, type[MailContext]] = {
    "request_to_provider": RequestToProvider,
    "placement_to_provider": PlacementToProvider,
    "proposals_to_company": ProposalsToCompany,
    "gap_to_company": GapToCompany,
    "answer_to_company": AnswerToCompany,
    "decision_to_provider": DecisionToProvider,
    "cooperation_broken": CooperationBroken,
    "agreement_to_party": AgreementToParty,
    "coordinator_digest": CoordinatorDigest,
}

__all__ = [
    "MAILS",
    "AgreementToParty",
    "AnswerToCompany",
    "Check",
    "CooperationBroken",
    "CoordinatorDigest",
    "Course",
    "DecisionToProvider",
    "Entry",
    "Figure",
    "GapToCompany",
    "MailContext",
    "Miss",
    "News",
    "Option",
    "PlacementToProvider",
    "ProposalsToCompany",
    "Proposed",
    "Region",
    "RequestToProvider",
    "Session",
    "Skill",
    "Todo",
]
