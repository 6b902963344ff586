"""From a statement to ESCO concepts without any model: exact names, trade words, and what is spelled nearly alike.

An exact name or a trade word answers for certain. What is only spelled alike is offered to people as candidates with its
likeness, and the look-up abstains: it never decides by spelling alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

from hub.skills.cleaning import cleaned
from hub.skills.folding import folded
from hub.skills.pack import ENGLISH, Alias, Entry, aliases, entries, label

URI, EXACT, ALIAS, SPELLING, NOTHING = "uri", "exact", "alias", "spelling", "none"
MOST = 5  # candidates
LEAST = 0.35  # likeness of a candidate that is worth showing
SECTOR_BONUS = 0.05  # added to the likeness of a concept of the company's own sector
SURE = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concept that a statement may mean; `score` from 0 to 1."""

    uri: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement means, or why nobody knows: `method` is how it was found."""

    statement: str
    language: str
    normalised: str
    method: str
    candidates: tuple[Candidate, ...]

    @property
    def abstained(self) -> bool:
        """Whether a person must decide."""
        return self.method in (SPELLING, NOTHING)


class Lookup:
    """Names and trade words, indexed once; the same question always has the same answer."""

    def __init__(self, names: Iterable[Entry], words: Iterable[Alias]) -> None:
        """Index what is given."""
        self._exact: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._alias: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._sectors: dict[str, frozenset[str]] = {}
        self._spelled = _Spelling()
        for entry in names:
            self._sectors[entry.uri] = frozenset(entry.why)
            for name in (entry.preferred, *entry.alternatives):
                self._exact[entry.language, folded(name)].add(entry.uri)
                self._spelled.add(entry.language, folded(name), entry.uri)
        for alias in words:
            self._alias[alias.language, folded(alias.words)].add(alias.uri)
            self._spelled.add(alias.language, folded(alias.words), alias.uri)

    def find(self, statement: str, language: str = ENGLISH, sector: str = "") -> Found:
        """Return what a statement in a language means to a company of a sector (`leather`, or empty for any)."""
        words = cleaned(statement)
        key = folded(words)
        if statement.strip() in self._sectors:
            return _sure(statement, language, words, URI, [statement.strip()])
        for method, index in ((EXACT, self._exact), (ALIAS, self._alias)):
            meant = index.get((language, key)) or index.get((ENGLISH, key))
            if meant:
                return _sure(statement, language, words, method, self._own_first(meant, sector))
        alike = self._alike(key, language, sector)
        return Found(statement, language, words, SPELLING if alike else NOTHING, alike)

    def _own_first(self, uris: Iterable[str], sector: str) -> list[str]:
        return sorted(uris, key=lambda uri: (sector not in self._sectors.get(uri, ()), uri))

    def _alike(self, key: str, language: str, sector: str) -> tuple[Candidate, ...]:
        scores = self._spelled.alike(key, {language, ENGLISH})
        if sector:
            scores = {
                uri: min(SURE, score + SECTOR_BONUS * (sector in self._sectors.get(uri, ())))
                for uri, score in scores.items()
            }
        best = sorted(scores.items(), key=lambda each: (-round(each[1], 4), each[0]))[:MOST]
        return tuple(Candidate(uri, label(uri) or uri, round(score, 4)) for uri, score in best if score >= LEAST)


def _sure(statement: str, language: str, words: str, method: str, uris: list[str]) -> Found:
    return Found(
        statement, language, words, method, tuple(Candidate(uri, label(uri) or uri, SURE) for uri in uris[:MOST])
    )


class _Spelling:
    """Likeness of spelling: the cosine of words' runs of three letters, rare runs weighing more."""

    def __init__(self) -> None:
        self._named: list[tuple[str, str]] = []
        self._postings: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self._lengths: list[float] | None = None

    def add(self, language: str, name: str, uri: str) -> None:
        self._lengths = None
        number = len(self._named)
        self._named.append((language, uri))
        for run, times in _runs(name).items():
            self._postings[language, run].append((number, times))

    def alike(self, key: str, languages: set[str]) -> Mapping[str, float]:
        """Return the likeness of each concept that shares a run with the words; its likest name counts."""
        lengths = self._measured()
        best: dict[str, float] = {}
        for language in sorted(languages):
            weights = {run: times * self._rarity(language, run) for run, times in _runs(key).items()}
            own = sqrt(sum(weight * weight for weight in weights.values()))
            products: dict[int, float] = defaultdict(float)
            for run, weight in weights.items():
                rarity = self._rarity(language, run)
                for number, times in self._postings.get((language, run), ()):
                    products[number] += weight * times * rarity
            for number, product in products.items():
                uri = self._named[number][1]
                best[uri] = max(best.get(uri, 0.0), product / (own * lengths[number]))
        return best

    def _rarity(self, language: str, run: str) -> float:
        return log(1 + len(self._named) / (1 + len(self._postings.get((language, run), ()))))

    def _measured(self) -> list[float]:
        if self._lengths is None:
            squares = [0.0] * len(self._named)
            for (language, run), postings in self._postings.items():
                rarity = self._rarity(language, run)
                for number, times in postings:
                    squares[number] += (times * rarity) ** 2
            self._lengths = [sqrt(square) for square in squares]
        return self._lengths


def _runs(name: str) -> Counter[str]:
    padded = f" {name} "
    return Counter(padded[at : at + 3] for at in range(len(padded) - 2))


@cache
def shipped() -> Lookup:
    """Return the look-up over what comes with the hub."""
    return Lookup(entries(), aliases())
