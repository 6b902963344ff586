"""A small ESCO export, made up, in the shape of the official files."""

import csv
import io
from collections.abc import Sequence

ESCO = "http://data.europa.eu/esco/"
Cells = Sequence[Sequence[str]]


def skill(n: int) -> str:
    """Return a skill's URI without the part that all share."""
    return f"skill/00000000-0000-4000-8000-{n:012}"


def text_of(cells: Cells) -> str:
    """Write cells as the official files do: quoted where need be, every line ended."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(cells)
    return out.getvalue()


def skills(*rows: tuple[int, str, str]) -> Cells:
    """Return a table of skills: number, preferred label, alternative labels."""
    header = [
        "conceptType",
        "conceptUri",
        "skillType",
        "reuseLevel",
        "preferredLabel",
        "altLabels",
        "hiddenLabels",
        "status",
    ]
    of_all = ("skill/competence", "sector-specific")
    return [
        header,
        *(
            ["KnowledgeSkillCompetence", ESCO + skill(n), *of_all, label, alike, "", "released"]
            for n, label, alike in rows
        ),
    ]


COLLECTION = [
    "conceptType",
    "conceptUri",
    "preferredLabel",
    "status",
    "skillType",
    "reuseLevel",
    "altLabels",
    "description",
    "broaderConceptUri",
]
LEVELS = [f"Level {n} {what}" for n in range(4) for what in ("URI", "preferred term")]

FILES: dict[str, Cells] = {
    "skills_en.csv": skills(
        (1, "skive leather", "pare leather\nthin leather, by hand\nskive leather"),
        (2, "saddle stitching", ""),
        (4, "", ""),
    ),
    "greenSkillsCollection_en.csv": [
        COLLECTION,
        [
            "KnowledgeSkillCompetence",
            ESCO + skill(2),
            "saddle stitching",
            "released",
            "skill/competence",
            "sector-specific",
            "hand stitching | saddle stitch",
            "Two needles, one thread.",
            f"{ESCO}skill/S1.1 | {ESCO}isced-f/0723",
        ],
    ],
    "skillsHierarchy_en.csv": [
        [*LEVELS, "Level 0 code", "Level 1 code"],
        [f"{ESCO}skill/S1", "making", "", "", "", "", "", "", "S1"],
        [f"{ESCO}skill/S1", "making", f"{ESCO}skill/S1.1", "sewing", "", "", "", "", "S1", "S1.1"],
    ],
    "occupationSkillRelations.csv": [
        ["occupationUri", "relationType", "skillType", "skillUri"],
        [f"{ESCO}occupation/o1", "essential", "skill/competence", ESCO + skill(1)],
    ],
}
