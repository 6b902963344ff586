"""Figures for operators: how often each fact was seen. Counted per partition, so that no two processes share a row.

Hears what the overview counts; says nothing.
"""

from events.agreements import AgreementDrafted
from events.cooperations import CooperationAgreed, CooperationBroken, CooperationFilled
from events.matches import MatchExpired, MatchProposed, MatchRequested, MatchSuperseded, RequestAnswered
from events.needs import NeedExpired, NeedPublished, NeedUnmatched, NeedWithdrawn
from events.notifications import NotificationDelivered, NotificationFailed
from events.placements import PlacementOffered
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Counter

projector = Router("projector")

Counted = (
    NeedPublished
    | NeedWithdrawn
    | NeedExpired
    | NeedUnmatched
    | MatchProposed
    | MatchRequested
    | MatchSuperseded
    | MatchExpired
    | RequestAnswered
    | PlacementOffered
    | CooperationAgreed
    | CooperationFilled
    | CooperationBroken
    | AgreementDrafted
    | NotificationDelivered
    | NotificationFailed
)


@projector.on("count")
def count(event: Counted, uow: UnitOfWork) -> None:
    """Count one more of this fact."""
    key = f"{event.TYPE}@{uow.partition}"
    row = uow.find(Counter, key) or Counter(key=key, org="hub", state="counting", name=event.TYPE)
    uow.save(row.model_copy(update={"count": row.count + 1}))
