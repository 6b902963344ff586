"""What a change of the contract breaks: the rules one by one, and the judge itself against made-up schemas."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hub.contract.changes import Change, compare
from hub.contract.documents import as_read, published
from hub.contract.inclusion import gaps
from tests.rules.schemas_made_up import OTHER, WIDER, changed, documents, schemas

Schema = dict[str, Any]

# ---- the rules, on the real contract ----------------------------------------------------------------------------------


def changes(name: str, change: Callable[[Schema], object]) -> list[Change]:
    """What is said of one change of a published schema."""
    now = copy.deepcopy(dict(published()))
    change(now[name])
    return compare(published(), now)


def properties(schema: Schema, *path: str) -> Schema:
    for name in path:
        schema = schema["properties"][name]
    return schema


def asks_for_more(schema: Schema) -> None:
    schema["properties"]["reach"] = {"type": "string"}
    schema["required"].append("reach")


SENDERS, READERS, NOBODY = "senders", "readers", None
JUDGED: list[tuple[str, str, Callable[[Schema], object], set[str | None], str]] = [
    # what partners send
    (
        "a new optional field",
        "need.published",
        lambda s: s["properties"].update(reach={"type": "string"}),
        {NOBODY},
        "",
    ),
    ("a new required field", "need.published", asks_for_more, {SENDERS}, "/properties/reach"),
    ("a field less", "need.published", lambda s: s["properties"].pop("green"), {SENDERS, READERS}, "/properties/green"),
    (
        "a lower limit",
        "need.published",
        lambda s: properties(s, "headcount").update(maximum=300),
        {SENDERS},
        "/properties/headcount/maximum",
    ),
    ("a higher limit", "need.published", lambda s: properties(s, "headcount").update(maximum=900), {NOBODY}, ""),
    (
        "a code less",
        "need.published",
        lambda s: properties(s, "target_group")["enum"].remove("both"),
        {SENDERS},
        "/properties/target_group/enum",
    ),
    ("a code more", "need.published", lambda s: properties(s, "target_group")["enum"].append("all"), {NOBODY}, ""),
    (
        "another type",
        "need.published",
        lambda s: properties(s, "headcount").update(type="string"),
        {SENDERS, READERS},
        "/properties/headcount/type",
    ),
    (
        "a required field that may now be missing",
        "need.published",
        lambda s: s["required"].remove("headcount"),
        {READERS},
        "/properties/headcount",
    ),
    (
        "another default",
        "need.published",
        lambda s: properties(s, "radius_km").update(default=100),
        {SENDERS},
        "/properties/radius_km/default",
    ),
    (
        "fewer who may say it",
        "match.answered",
        lambda s: s.update({"x-said-by": ["provider"]}),
        {SENDERS},
        "/x-said-by",
    ),
    (
        "a limit deep inside",
        "need.published",
        lambda s: s["$defs"]["AskedSkill"]["properties"]["weight"].update(maximum=4),
        {SENDERS},
        "/$defs/AskedSkill/properties/weight/maximum",
    ),
    # what only the hub says
    (
        "a field more from the hub",
        "need.unmatched",
        lambda s: s["properties"].update(why={"type": "string"}),
        {NOBODY},
        "",
    ),
    (
        "an optional field less from the hub",
        "need.unmatched",
        lambda s: s["properties"].pop("cluster_key"),
        {READERS},
        "/properties/cluster_key",
    ),
    (
        "a longer list from the hub",
        "need.unmatched",
        lambda s: properties(s, "nearest_misses").update(maxItems=9),
        {READERS},
        "/properties/nearest_misses/maxItems",
    ),
    ("a shorter list", "need.unmatched", lambda s: properties(s, "nearest_misses").update(maxItems=1), set(), ""),
    (
        "a code more from the hub, which readers keep",
        "need.unmatched",
        lambda s: properties(s, "reason_codes")["items"]["x-extensible-enum"].append("strike"),
        {NOBODY},
        "/properties/reason_codes/items/x-extensible-enum",
    ),
    (
        "a field less for providers before agreement",
        "request.answered",
        lambda s: s["x-before-agreement"].remove("price"),
        {READERS},
        "/x-before-agreement",
    ),
    (
        "null where there was always text",
        "need.expired",
        lambda s: properties(s, "need_ref").update(type=["string", "null"]),
        {READERS},
        "/properties/need_ref/type",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "breaks", "pointer"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED]
)
def test_a_change_breaks_whom_it_breaks(
    name: str, change: Callable[[Schema], object], breaks: set[str | None], pointer: str
) -> None:
    found = changes(name, change)

    assert {each.breaks for each in found} == breaks
    assert all(each.schema == name and each.what for each in found)
    assert all(bool(each.cure) == bool(each.breaks) for each in found)
    assert pointer in {each.pointer for each in found} or not pointer


def test_a_contract_is_compatible_with_itself() -> None:
    assert compare(published(), copy.deepcopy(dict(published()))) == []
    assert [name for name, schema in published().items() if gaps(schema, schema)] == []


def test_a_type_that_is_gone_breaks_those_who_said_or_read_it_and_a_new_one_nobody() -> None:
    rest = {name: schema for name, schema in published().items() if name not in ("need.withdrawn", "need.expired")}

    assert [(each.schema, each.breaks) for each in compare(published(), rest)] == [
        ("need.expired", "readers"),
        ("need.withdrawn", "senders"),
    ]
    assert {each.breaks for each in compare(rest, published())} == {None}


def test_schemas_that_name_themselves_come_to_an_end() -> None:
    def tree(most: int) -> Schema:
        node = {"type": "object", "properties": {"size": {"maximum": most}, "below": {"$ref": "#/$defs/Node"}}}
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert gaps(tree(3), tree(4)) == []
    assert {gap.keyword for gap in gaps(tree(4), tree(3))} == {"maximum"}
    assert gaps({}, tree(3)) != []


MANY = 100  # made-up pairs of schemas a test
DRAWN = 8  # documents of each

# ---- the judge --------------------------------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=MANY)
def test_what_the_judge_lets_pass_takes_every_document_that_was_taken(data: st.DataObject) -> None:
    old = data.draw(schemas)
    new = data.draw(changed(old, OTHER))

    passes = not gaps(old, new)

    event("lets it pass" if passes else "says no")
    assert not passes or all(Draft202012Validator(new).is_valid(each) for each in fitting(data, old))


def fitting(data: st.DataObject, schema: Schema) -> list[Any]:
    """Some documents that fit a schema, none where it takes none: one alone would seldom find a fault."""
    drawn = data.draw(st.lists(documents(schema), min_size=DRAWN, max_size=DRAWN))
    return [each for each in drawn if Draft202012Validator(schema).is_valid(each)]


@given(st.data())
@settings(max_examples=MANY)
def test_the_judge_does_not_take_a_widening_for_a_break(data: st.DataObject) -> None:
    old = data.draw(schemas)
    new = data.draw(changed(old, WIDER))

    assert gaps(old, new) == []


@given(st.data())
@settings(max_examples=MANY)
def test_what_breaks_no_reader_is_read_by_the_old_schema(data: st.DataObject) -> None:
    old = {**data.draw(schemas), "x-said-by": ["hub"]}
    new = {**data.draw(changed(old, WIDER + OTHER)), "x-said-by": ["hub"]}

    breaks = any(change.breaks for change in compare({"it": old}, {"it": new}))

    assert breaks or all(Draft202012Validator(as_read(old)).is_valid(each) for each in fitting(data, new))
