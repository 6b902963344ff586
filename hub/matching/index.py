"""Courses and open needs by ESCO concept, in memory, so that a need meets only courses that could matter, and the reverse.

The matcher keeps one of each and feeds them from the tables; nothing here reads anything itself.
"""

from collections.abc import Callable, Iterable, Iterator

from hub.matching.model import NO_LINKS, Ask, Course, Links


class Postings:
    """Which refs stand under which concept."""

    def __init__(self) -> None:
        self._refs: dict[str, set[str]] = {}

    def add(self, ref: str, concepts: Iterable[str]) -> None:
        """Put the ref under each of these concepts."""
        for concept in concepts:
            self._refs.setdefault(concept, set()).add(ref)

    def remove(self, ref: str, concepts: Iterable[str]) -> None:
        """Take it out again."""
        for concept in concepts:
            under = self._refs.get(concept, set())
            under.discard(ref)
            if not under:
                self._refs.pop(concept, None)

    def under(self, concepts: Iterable[str]) -> list[str]:
        """Every ref that stands under one of them, in order, so that no answer depends on the order of arrival."""
        return sorted(set().union(*(self._refs.get(concept, ()) for concept in concepts)))


class CourseIndex:
    """The catalogue: courses by ref, by provider and by the concepts they teach."""

    def __init__(self, links: Links = NO_LINKS) -> None:
        self._links = links
        self._courses: dict[str, Course] = {}
        self._by_concept = Postings()
        self._by_provider = Postings()

    def __len__(self) -> int:
        return len(self._courses)

    def __iter__(self) -> Iterator[Course]:
        return iter([self._courses[ref] for ref in sorted(self._courses)])

    def find(self, ref: str) -> Course | None:
        """The course of this ref, if it is in the catalogue."""
        return self._courses.get(ref)

    def put(self, course: Course) -> None:
        """Add a course, or replace the one of the same ref."""
        self.drop(course.ref)
        self._courses[course.ref] = course
        self._by_concept.add(course.ref, course.concepts)
        self._by_provider.add(course.ref, (course.provider_id,))

    def drop(self, ref: str) -> None:
        """Take a course out; one that is not there is no matter."""
        course = self._courses.pop(ref, None)
        if course is not None:
            self._by_concept.remove(ref, course.concepts)
            self._by_provider.remove(ref, (course.provider_id,))

    def change(self, ref: str, how: Callable[[Course], Course]) -> None:
        """Replace a course by what `how` makes of it; one that is not there is no matter."""
        course = self._courses.get(ref)
        if course is not None:
            self.put(how(course))

    def courses_for(self, ask: Ask) -> list[Course]:
        """Every course that teaches an asked concept or one linked to it, in the order of their refs."""
        return [self._courses[ref] for ref in self._by_concept.under(wanted(ask, self._links))]

    def of_provider(self, provider_id: str) -> list[Course]:
        """Every course of this provider, in the order of their refs."""
        return [self._courses[ref] for ref in self._by_provider.under((provider_id,))]


class NeedIndex:
    """Open needs by the concepts that could answer them."""

    def __init__(self, links: Links = NO_LINKS) -> None:
        self._links = links
        self._wanted: dict[str, frozenset[str]] = {}
        self._by_concept = Postings()

    def __len__(self) -> int:
        return len(self._wanted)

    def put(self, ask: Ask) -> None:
        """Add an open need, or replace the one of the same ref."""
        self.drop(ask.ref)
        self._wanted[ask.ref] = wanted(ask, self._links)
        self._by_concept.add(ask.ref, self._wanted[ask.ref])

    def drop(self, ref: str) -> None:
        """Take a need out; one that is not there is no matter."""
        self._by_concept.remove(ref, self._wanted.pop(ref, frozenset()))

    def affected_by(self, *courses: Course) -> list[str]:
        """Refs of the needs that such a course could answer; name a changed course as it was and as it is."""
        return self._by_concept.under(concept for course in courses for concept in course.concepts)


def wanted(ask: Ask, links: Links) -> frozenset[str]:
    """The asked concepts and those that stand directly beside them."""
    asked = [skill.uri for skill in ask.skills if skill.uri]
    return frozenset(asked).union(*(links.related(uri) for uri in asked))
