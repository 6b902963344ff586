"""How far two places are apart, and whether a region contains a place.

Coordinates decide where both sides have them. Otherwise the shared beginning of the NUTS codes gives an estimate, which
is marked as one, because people should know when a figure was guessed.
"""

from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from hub.matching.model import Place

EARTH_RADIUS = 6371.0088  # km, mean
# What two NUTS codes with this many characters in common are taken to be apart, in km.
KM_BY_SHARED_PREFIX = {5: 0.0, 4: 50.0, 3: 150.0, 2: 400.0}
ELSEWHERE = 1500.0  # km, another country


class Distance(NamedTuple):
    """Kilometres, and whether they were only estimated."""

    km: float
    estimated: bool = False


HERE = Distance(0.0)
FAR = Distance(ELSEWHERE, estimated=True)


@lru_cache(maxsize=8192)  # towns come again and again
def great_circle(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres along the surface between two points in degrees (haversine)."""
    lat, other_lat = radians(lat), radians(other_lat)
    half_lat = sin((other_lat - lat) / 2)
    half_lon = sin(radians(other_lon - lon) / 2)
    chord = half_lat * half_lat + cos(lat) * cos(other_lat) * half_lon * half_lon
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(chord)))


def estimate(nuts: str, other: str) -> float:
    """Kilometres between two NUTS regions, by how much of the code they share."""
    shared = 0
    for ours, theirs in zip(nuts[:5], other[:5], strict=False):
        if ours != theirs:
            break
        shared += 1
    return KM_BY_SHARED_PREFIX.get(shared, ELSEWHERE)


def between(place: Place, other: Place) -> Distance:
    """How far it is from one place to the other."""
    if place.lat is None or place.lon is None or other.lat is None or other.lon is None:
        return Distance(estimate(place.nuts, other.nuts), estimated=True)
    return Distance(great_circle(place.lat, place.lon, other.lat, other.lon))


def nearest(sites: tuple[Place, ...], places: tuple[Place, ...]) -> Distance:
    """The shortest way from any of these sites to any of these places; as far as can be when one side is empty."""
    return min([between(site, place) for site in sites for place in places], default=FAR)


def covers(reach: tuple[str, ...], nuts: str) -> bool:
    """Is this region inside one of the prefixes. A region wider than the prefix is not."""
    return bool(nuts) and nuts.startswith(tuple(filter(None, reach)))
