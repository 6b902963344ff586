"""Makes `hub/skills/pack.tsv` anew from ESCO's official files: `python deploy/dev/skill_pack.py PATH…`.

The pack holds the skills that ESCO's leather and footwear occupations ask for, and its green and digital collections,
with every label of the languages that the files hold. Of several versions the newest that has English skills decides
which concepts there are; the others add labels.
"""

import re
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from hub.skills.esco_files import Export, exports
from hub.skills.esco_rows import ALTERNATIVE, IN_COLLECTION, PREFERRED, Named, Related, Row, rows
from hub.skills.versions import age

TRADES = re.compile(r"\b(leather|footwear|shoe|tanner|saddl)", re.IGNORECASE)
TARGET = Path(__file__).parents[2] / "hub" / "skills" / "pack.tsv"
# What makers of every trade ask for and the demonstration's companies too, though no occupation of leather lists it.
BESIDES = (
    "f1b5800e-b763-4740-9586-3fef30568e81",  # analyse production processes for improvement
    "4dafe480-f2ae-46b5-bd5e-8d4e538f50c7",  # identify training needs
    "156f8c5b-894a-4ccc-a70e-37a2726f3f00",  # work ergonomically
    "2eb2fd88-0fde-49cd-9d9f-8ae823f52b3d",  # laser marking processes
)
SECTOR, GREEN, DIGITAL = "leather", "green", "digital"
HEAD = """\
# Concept (ESCO skill UUID), why it is here, language, preferred label, alternative labels.
# Source: ESCO classification v{version} and translations of v1.0 to v1.2, European Commission, https://esco.ec.europa.eu,
# licence CC BY 4.0; labels unchanged, a selection. Made by deploy/dev/skill_pack.py.
"""


def main(paths: list[str]) -> None:
    """Read the files and write the pack."""
    with ExitStack() as stack:
        read = [(each, list(_rows(each))) for each in exports(map(Path, paths), stack)]
    version = max((each.version for each, _ in read if each.part == "skills_en"), key=age)
    why = _chosen([row for export, found in read if export.version == version for row in found])
    labels: dict[tuple[str, str], dict[str, list[str]]] = {}
    for export, found in sorted(read, key=lambda each: (each[0].version != version, age(each[0].version))):
        for uri, names in _names(found).items():
            if uri in why:
                labels.setdefault((uri, export.language), names)
    lines = [
        "\t".join([uri[6:], ",".join(sorted(why[uri])), language, names[PREFERRED][0], " | ".join(names[ALTERNATIVE])])
        for (uri, language), names in sorted(labels.items())
        if names[PREFERRED]
    ]
    TARGET.write_text(HEAD.format(version=version) + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(why)} concepts, {len(lines)} lines")


def _rows(export: Export) -> list[Row]:
    with export.open() as stream:
        return [row for _, row in rows(export, stream)]


def _chosen(said: list[Row]) -> dict[str, set[str]]:
    """Return why each concept is in the pack."""
    trades = {
        row.uri
        for row in said
        if isinstance(row, Named)
        and row.kind == PREFERRED
        and row.uri.startswith("occupation/")
        and TRADES.search(row.words)
    }
    why: dict[str, set[str]] = defaultdict(set, {f"skill/{uuid}": {SECTOR} for uuid in BESIDES})
    for row in said:
        if isinstance(row, Related) and row.origin in trades and row.target.startswith("skill/"):
            why[row.target].add(SECTOR)
        elif isinstance(row, Related) and row.kind == IN_COLLECTION and row.target in (GREEN, DIGITAL):
            why[row.origin].add(row.target)
    return why


def _names(said: list[Row]) -> dict[str, dict[str, list[str]]]:
    names: dict[str, dict[str, list[str]]] = defaultdict(lambda: {PREFERRED: [], ALTERNATIVE: []})
    for row in said:
        if (
            isinstance(row, Named)
            and row.kind in (PREFERRED, ALTERNATIVE)
            and row.words not in names[row.uri][row.kind]
        ):
            names[row.uri][row.kind].append(row.words)
    return names


if __name__ == "__main__":
    main(sys.argv[1:])
