"""Every document is PDF/A-2a and PDF/UA-1 by the word of veraPDF, which none of us wrote: in each language, and a hostile one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from hub.agreements.draft import Body
from hub.agreements.render import render
from hub.agreements.templates import templates
from tests.conftest import VERAPDF
from tests.rules.agreement_papers import PEOPLE, a_course, a_draft

pytestmark = pytest.mark.verapdf


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file for each template and language, and one of everything that people may write."""
    folder = tmp_path_factory.mktemp("documents")
    files = []
    for template in templates().values():
        for language in template.languages:
            files.append(folder / f"{template.code}-{language}.pdf")
            files[-1].write_bytes(render(a_draft(language, template=template.code), PEOPLE).pdf)
    files.append(folder / "hostile.pdf")
    files[-1].write_bytes(hostile())
    return files


def hostile() -> bytes:
    """Return a document in which nothing is as it should be."""
    people = {ref: replace(person, name="王小明 مريم שרה\r\n#eval(1) <b>\u202e") for ref, person in PEOPLE.items()}
    people.pop("ctcp/guardian")
    draft = a_draft(
        "en",
        company=Body(id="belcinto", legal_name="\ue001 Ελένη " + "x" * 300),
        programme="בעברית \x07",
        courses=(a_course("😀 q̣̂\u0301 𝔸 ﬀ"),) * 3,
        outcomes=tuple(f"{number} मराठी ไทย עברית" for number in range(60)),
        place="\u200b",
        tutor_ref=None,
        checks=(),
    )
    return render(draft, people).pdf


@pytest.mark.parametrize("flavour", ["2a", "ua1"])
def test_every_document_passes(flavour: str, documents: list[Path]) -> None:
    # The flavour is always named: without it the validator takes what the file says of itself.
    command = ["java", "-jar", VERAPDF, "-f", flavour, "--format", "json", *documents]

    answer = subprocess.run(command, capture_output=True, check=False, timeout=120)

    report = orjson.loads(answer.stdout)["report"]
    results = {Path(job["itemDetails"]["name"]).name: job["validationResult"][0] for job in report["jobs"]}
    assert {name: broken(result) for name, result in results.items()} == {file.name: [] for file in documents}
    assert all(result["compliant"] for result in results.values())
    assert answer.returncode == 0


def broken(result: dict[str, dict[str, list[dict[str, str]]]]) -> list[str]:
    """Return the clauses that a document breaks, in words."""
    rules = result["details"]["ruleSummaries"]
    return [f"{rule['clause']}: {rule['description']}" for rule in rules if rule["ruleStatus"] == "FAILED"]
