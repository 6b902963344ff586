"""How `vet-hub send` finds the events of a file and the line of each."""

import pytest

from hub.cli.documents import documents
from hub.cli.send import BATCH, LARGEST, batches


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}\n{"a": 2}\n', [(1, '{"a": 1}'), (2, '{"a": 2}')]),
        ('\n\n{"a": 1}\n\n{"a": 2}', [(3, '{"a": 1}'), (5, '{"a": 2}')]),
        ('[\n  {"a": 1},\n  {"a":\n 2}\n]\n', [(2, '{"a": 1}'), (3, '{"a":\n 2}')]),
        ('{\n "a": 1\n}', [(1, '{\n "a": 1\n}')]),
        ("[]", []),
        ("  \n", []),
    ],
    ids=["ndjson", "blank lines", "array", "one object", "empty array", "nothing"],
)
def test_each_event_is_found_as_it_was_written_with_its_line(text: str, found: list[tuple[int, str]]) -> None:
    assert [(each.line, each.text) for each in documents(text)] == found


def test_broken_ndjson_costs_one_line() -> None:
    first, broken, last = documents('{"a": 1}\n{"a"\n{"a": 3}\n')

    assert (first.line, broken.line, last.line) == (1, 2, 3)
    assert broken.problem.startswith("not JSON")


@pytest.mark.parametrize("text", ['[{"a": 1},\n{"b": ]', '[{"a": 1},\n', '[{"a": 1}\n {"b": 2'])
def test_a_broken_array_gives_what_stands_before_the_fault_and_says_where_it_is(text: str) -> None:
    first, *_, last = documents(text)

    assert first.text == '{"a": 1}'
    assert last.problem
    assert last.line == 2


def test_numbers_keep_their_digits() -> None:
    (found,) = documents('{"a": 0.10000000000000000555, "b": 1e2}')

    assert found.text == '{"a": 0.10000000000000000555, "b": 1e2}'


def test_batches_keep_to_the_hubs_limits_of_count_and_size() -> None:
    many = [("f", document) for document in documents('{"a": 1}\n' * 250)]
    large = [("f", document) for document in documents(f'{{"a": "{"x" * 400_000}"}}\n' * 5)]

    assert [len(batch) for batch in batches(many)] == [BATCH, BATCH, 50]
    assert [len(batch) for batch in batches(large)] == [2, 2, 1]
    assert all(sum(len(each.text) for _, each in batch) <= LARGEST for batch in batches(large))
