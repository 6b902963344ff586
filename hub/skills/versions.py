"""Which version of ESCO is newer."""


def age(version: str) -> tuple[int, ...]:
    """Return something by which versions sort, the oldest first; `1.1.x` is before `1.1.0`."""
    return tuple(int(number) if number.isdigit() else -1 for number in version.split("."))
