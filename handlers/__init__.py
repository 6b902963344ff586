"""Reactions to events, the hub's plug-ins. `VET_HUB_HANDLERS` names ROUTERS; a new file adds its router here."""

from handlers.catalogue import catalogue
from handlers.conversation import workflow
from handlers.digests import digests
from handlers.figures import projector
from handlers.messages import notifier
from handlers.nominations import nominations
from handlers.outcomes import outcomes
from handlers.partners import partners
from handlers.placements import offers
from handlers.proposals import proposals
from handlers.seats import seats
from handlers.told_companies import told_companies
from handlers.told_decisions import told_decisions
from handlers.told_parties import told_parties
from handlers.told_providers import told_providers

ROUTERS = (
    catalogue,
    proposals,
    offers,
    outcomes,
    partners,
    workflow,
    seats,
    nominations,
    notifier,
    told_companies,
    told_providers,
    told_decisions,
    told_parties,
    digests,
    projector,
)
