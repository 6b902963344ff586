"""Reactions to events, the hub's plug-ins. `VET_HUB_HANDLERS` names ROUTERS; a new file adds its router here."""

from handlers.catalogue import catalogue
from handlers.conversation import workflow
from handlers.figures import projector
from handlers.messages import notifier
from handlers.proposals import proposals

ROUTERS = (catalogue, proposals, workflow, notifier, projector)
