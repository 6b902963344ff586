"""What can go wrong in the engine, as a small tree.

HubError                the command line prints its sentence and leaves with `exit_code`; no traceback
├── WrongSetting        a setting that cannot work (usage, 2)
├── WrongValue          a value given to a command that it cannot work with (usage, 2)
├── NotAllowed          the key or folder does not permit it (4)
└── ServiceAway         a database, broker or file that does not answer now; transient (3)
    ├── Shut            one that answers and does not let the hub in or at its work, until somebody mends it (4)
    ├── FlushConflict   another process saved the same row first; the batch runs again
    └── WrongSchema     the database is for another release; a process waits for it or for its own end
"""


class HubError(Exception):
    """The work failed."""

    exit_code = 1
    slug = "failed"


class WrongSetting(HubError):
    """A setting cannot work."""

    exit_code = 2
    slug = "wrong_setting"


class WrongValue(HubError):
    """A value that a command was given cannot work."""

    exit_code = 2
    slug = "wrong_value"


class NotAllowed(HubError):
    """Not permitted."""

    exit_code = 4
    slug = "not_allowed"


class ServiceAway(HubError):
    """A needed service does not answer."""

    exit_code = 3
    slug = "service_away"


class Shut(ServiceAway):
    """A service answers, and does not let the hub in or at its work. It is waited for like one that is away."""

    exit_code = 4
    slug = "shut"

    def __init__(self, says: str, *, cure: str) -> None:
        super().__init__(f"{says}; {cure}")
        self.says = says
        self.cure = cure


class WrongSchema(ServiceAway):
    """The database is at a schema that this release cannot work on."""

    slug = "wrong_schema"


class FlushConflict(ServiceAway):
    """A row was saved by another process between reading and writing."""

    slug = "flush_conflict"
