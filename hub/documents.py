"""The document channel of the couriers: reads the people, renders the agreement, stores the file once, says its hash.

Names are read here, at the last moment, and go nowhere but into the file, which is kept apart from events.
"""

from datetime import datetime

from events.agreements import DocumentRendered
from hub.agreements.draft import Draft
from hub.agreements.render import Press
from hub.clock import stamp
from hub.couriers import Carried
from hub.store import documents, people
from hub.store.documents import Document
from hub.store.jobs import JobRow
from hub.store.port import Store
from schemas.agreements import Unfilled

CHANNEL = "document"


class DocumentChannel:
    """Carries jobs of channel «document»; the body of one is a `Draft`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._press = Press()

    async def carry(self, job: JobRow, *, now: datetime) -> Carried:
        """Render a document and store it; one that is stored already is told again as it is.

        A template or draft that cannot be rendered raises; the courier writes the reason beside the job.
        """
        draft = Draft.model_validate(job.body)
        kept = await self._store.read(documents.find, draft.agreement_id, draft.version)
        return _told(kept or await self._rendered(draft, now))

    async def close(self) -> None:
        """Let the press go."""
        self._press.close()

    async def _rendered(self, draft: Draft, now: datetime) -> Document:
        found = await self._store.read(people.find_all, sorted(draft.refs))
        rendered = await self._press.render(draft, {person.ref: person for person in found})
        return await self._store.write(
            documents.put,
            agreement_id=draft.agreement_id,
            version=draft.version,
            sha256=rendered.sha256,
            at=stamp(now),
            unfilled=[(each.field, each.reason) for each in rendered.unfilled],
            body=rendered.pdf,
        )


def _told(kept: Document) -> Carried:
    event = DocumentRendered(
        agreement_id=kept.agreement_id,
        version=kept.version,
        document_sha256=kept.sha256,
        unfilled=tuple(Unfilled(field=field, reason=reason) for field, reason in kept.unfilled),
    )
    return Carried("done", f"{len(kept.body)} bytes, sha256 {kept.sha256}", event)
