"""Who must sign: a role is required even while nobody is named for it."""

from typing import Any

import pytest

from hub.agreements.signers import Signer, required_signers
from tests.rules.agreement_cases import a_minors, an_arrangement

CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("adult", {}, ["learner", "company", "provider"]),
    ("an adult's guardians do not sign", {"guardian_refs": ("g1",)}, ["learner", "company", "provider"]),
    ("minor", {"age_band": "15-17", "guardian_refs": ("g1",)}, ["learner", "guardian", "company", "provider"]),
    (
        "minor with two guardians",
        {"age_band": "15-17", "guardian_refs": ("g1", "g2")},
        ["learner", "guardian", "guardian", "company", "provider"],
    ),
    (
        "minor without one",
        {"age_band": "15-17", "guardian_refs": ()},
        ["learner", "guardian", "company", "provider"],
    ),
    ("an age nobody has a word for", {"age_band": "13-14"}, ["learner", "guardian", "company", "provider"]),
    ("employed by the host", {"current_employer_id": "belcinto"}, ["learner", "company", "provider"]),
    (
        "employed elsewhere",
        {"current_employer_id": "betangible"},
        ["learner", "company", "provider", "current_employer"],
    ),
    (
        "minor employed elsewhere",
        {"age_band": "15-17", "guardian_refs": ("g1",), "current_employer_id": "betangible"},
        ["learner", "guardian", "company", "provider", "current_employer"],
    ),
]


@pytest.mark.parametrize(("changes", "roles"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_roles_that_must_sign_in_their_order(changes: dict[str, Any], roles: list[str]) -> None:
    assert [signer.role for signer in required_signers(an_arrangement(**changes))] == roles


def test_each_role_carries_its_ref() -> None:
    arrangement = a_minors(
        guardian_refs=("mother", "father"),
        current_employer_id="betangible",
        current_employer_signatory_ref="betangible/signatory",
    )

    assert required_signers(arrangement) == (
        Signer("learner", "ctcp/learner"),
        Signer("guardian", "mother"),
        Signer("guardian", "father"),
        Signer("company", "belcinto/signatory"),
        Signer("provider", "ctcp/signatory"),
        Signer("current_employer", "betangible/signatory"),
    )


def test_a_role_for_which_nobody_is_named_is_required_all_the_same() -> None:
    arrangement = a_minors(guardian_refs=(), company_signatory_ref=None, provider_signatory_ref=None)

    unnamed = [signer.role for signer in required_signers(arrangement) if signer.ref is None]
    assert unnamed == ["guardian", "company", "provider"]


def test_a_guardian_named_twice_signs_once() -> None:
    assert required_signers(a_minors(guardian_refs=("g1", "g1"))).count(Signer("guardian", "g1")) == 1
