"""The handlers of the next release: the product's, and one that hears what only that release knows."""

from handlers import ROUTERS as PRODUCT
from hub.dispatch.router import Router
from hub.dispatch.unit_of_work import UnitOfWork
from hub.rows import Counter
from tests.delivery.next_events import NeedCelebrated

later = Router("projector")


@later.on("note-celebration")
def note_celebration(event: NeedCelebrated, uow: UnitOfWork) -> None:
    """Count how often a need was celebrated."""
    key = f"celebrated:{event.subject}"
    row = uow.find(Counter, key) or Counter(key=key, org="hub", state="counting", name="")
    uow.save(row.model_copy(update={"count": row.count + 1}))


ROUTERS = [*PRODUCT, later]
