"""The two indexes: which courses a need meets, and which needs a changed course could answer."""

from dataclasses import replace

from hub.matching.index import CourseIndex, NeedIndex
from tests.rules.matching_cases import Beside, a_course, an_ask, must, wish

CUT, SEW = (a_course(ref=f"p/{name}", concepts=frozenset({name})) for name in ("cut", "sew"))


def test_a_need_meets_every_course_that_teaches_something_it_asks_for() -> None:
    index = CourseIndex()
    for course in (SEW, CUT, a_course(ref="p/fold", concepts=frozenset({"fold"}))):
        index.put(course)

    found = index.courses_for(an_ask(skills=(must("sew"), wish("cut"), must(None, statement="dobrar"))))

    assert found == [CUT, SEW]
    assert list(index) == [CUT, index.find("p/fold"), SEW]


def test_a_need_meets_courses_that_teach_a_linked_concept() -> None:
    index = CourseIndex(Beside(("cut", "sew")))
    index.put(SEW)

    assert index.courses_for(an_ask()) == [SEW]


def test_a_replaced_course_is_found_by_what_it_teaches_now() -> None:
    index = CourseIndex()
    index.put(CUT)
    index.change("p/cut", lambda course: replace(course, concepts=frozenset({"sew"})))
    index.change("p/none", lambda course: course)

    assert index.courses_for(an_ask(skills=(must("cut"),))) == []
    assert [each.ref for each in index.courses_for(an_ask(skills=(must("sew"),)))] == ["p/cut"]
    assert len(index) == 1


def test_a_dropped_course_is_gone_everywhere() -> None:
    index = CourseIndex()
    index.put(CUT)
    index.drop("p/cut")
    index.drop("p/never-there")

    assert (len(index), index.find("p/cut"), index.courses_for(an_ask()), index.of_provider("movex")) == (
        0,
        None,
        [],
        [],
    )


def test_the_courses_of_a_provider_are_at_hand() -> None:
    index = CourseIndex()
    for course in (SEW, CUT, a_course(ref="x/1", provider_id="x")):
        index.put(course)

    assert index.of_provider("movex") == [CUT, SEW]


def test_a_changed_course_wakes_the_needs_that_ask_for_what_it_taught_or_teaches() -> None:
    index = NeedIndex(Beside(("sew", "glue")))
    for name in ("sew", "cut", "plan"):
        index.put(an_ask(ref=f"n/{name}", skills=(must(name),)))
    glue = replace(CUT, concepts=frozenset({"glue"}))

    assert index.affected_by(CUT, glue) == ["n/cut", "n/sew"]


def test_a_need_that_changed_or_left_is_not_woken_for_what_it_asked_before() -> None:
    index = NeedIndex()
    index.put(an_ask(ref="n/1"))
    index.put(an_ask(ref="n/1", skills=(must("sew"),)))
    index.put(an_ask(ref="n/2"))
    index.drop("n/2")

    assert index.affected_by(CUT) == []
    assert index.affected_by(SEW) == ["n/1"]
    assert len(index) == 1
