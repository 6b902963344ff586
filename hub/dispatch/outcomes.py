"""What may come of an event in one group: done, refused, waiting, or a bug. There is no fifth."""

from typing import Literal

Outcome = Literal["done", "refused", "waiting", "parked", "behind", "skipped", "replaced"]


class Refused(Exception):
    """A business no: recorded, told to the sender as `event.rejected`; the key goes on."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail or code.replace("_", " ")


class Waiting(Exception):
    """The event names something that is not there yet: it is parked until that row is saved; the key goes on."""

    def __init__(self, noun: str, key: str, detail: str = "") -> None:
        self.noun = noun
        self.key = key
        self.detail = detail or f"{noun} {key} is not known yet"
        super().__init__(self.detail)

    @property
    def waits_for(self) -> str:
        """Name the row whose saving releases the event."""
        return f"{self.noun}:{self.key}"


TYPE = "type"  # what an event waits for that an older release was given before a newer one


def of_type(wire_type: str) -> str:
    """Name, as `waits_for` does, the release that knows a type."""
    return f"{TYPE}:{wire_type}"


class NotLoaded(Exception):
    """Rows or lists nobody loaded yet: the executor forgets the draft, loads them and runs the handler again."""

    def __init__(self, *wanted: object) -> None:
        super().__init__(*(str(each) for each in wanted))
        self.wanted = wanted
