"""What is said about cooperations: agreed, filled, broken. The subject is the match they came from."""

from events.matches import AboutMatches
from schemas.cooperations import Agreed, Broken, Filled


class CooperationAgreed(AboutMatches, Agreed):
    """A company and its providers agreed."""

    TYPE = "cooperation.agreed"


class CooperationFilled(AboutMatches, Filled):
    """As many learners are nominated as were asked for."""

    TYPE = "cooperation.filled"


class CooperationBroken(AboutMatches, Broken):
    """What was agreed cannot take place."""

    TYPE = "cooperation.broken"
