"""What is said about cooperations: agreed, filled, broken. The subject is the match they came from."""

from events.matches import AboutMatches
from schemas.cooperations import Agreed, Broken, Cooperation, Filled


class AboutCooperations(AboutMatches, Cooperation):
    """A fact about a cooperation: from here on its parties know each other."""

    def told_to(self) -> tuple[str, ...]:
        """Return the providers the company agreed with."""
        return self.provider_ids


class CooperationAgreed(AboutCooperations, Agreed):
    """A company and its providers agreed."""

    TYPE = "cooperation.agreed"


class CooperationFilled(AboutCooperations, Filled):
    """As many learners are nominated as were asked for."""

    TYPE = "cooperation.filled"


class CooperationBroken(AboutCooperations, Broken):
    """What was agreed cannot take place."""

    TYPE = "cooperation.broken"
