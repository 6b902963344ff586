"""What is said about curricula and their sessions."""

from events.base import PROVIDER, Event, Seen
from events.topics import CATALOGUE
from schemas.curricula import Curriculum, OfSession, Retirement, SeatsTold, Session, SessionCancellation


class AboutCurricula(Event):
    """A fact about a curriculum; the subject is its ref."""

    TOPIC = CATALOGUE
    NOUN = "curriculum"
    SEEN = Seen.EVERYBODY
    SAID_BY = frozenset({PROVIDER})

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the curriculum decides
        """Return the curriculum's ref."""
        return self.subject


class WholeCurriculum(AboutCurricula, Curriculum):
    """A curriculum as its provider states it."""

    OWNER = "provider_id"

    def own_subject(self) -> str:
        """Return the curriculum's ref."""
        return f"{self.provider_id}/{self.curriculum_id}"


class CurriculumPublished(WholeCurriculum):
    """A provider offers a course."""

    TYPE = "curriculum.published"


class CurriculumUpdated(WholeCurriculum):
    """A provider states a course anew, as a whole."""

    TYPE = "curriculum.updated"


class CurriculumRetired(AboutCurricula, Retirement):
    """A provider no longer offers a course."""

    TYPE = "curriculum.retired"


class AboutSessions(Event, OfSession):
    """A fact about a session; the subject is `<organisation>/<session id>`, order is kept by its curriculum."""

    TOPIC = CATALOGUE
    NOUN = "session"
    SEEN = Seen.EVERYBODY
    SAID_BY = frozenset({PROVIDER})

    def partition_key(self, *, cause_key: str | None) -> str:  # noqa: ARG002 - the curriculum decides
        """Return the curriculum's ref."""
        return f"{self.org}/{self.curriculum_id}"


class SessionScheduled(AboutSessions, Session):
    """A course will be given on certain days."""

    TYPE = "session.scheduled"


class SessionRescheduled(AboutSessions, Session):
    """A session is stated anew, as a whole."""

    TYPE = "session.rescheduled"


class SessionSeatsChanged(AboutSessions, SeatsTold):
    """More or fewer seats are free."""

    TYPE = "session.seats-changed"


class SessionCancelled(AboutSessions, SessionCancellation):
    """A session will not take place."""

    TYPE = "session.cancelled"
