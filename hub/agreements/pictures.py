"""The pages of a stored agreement as pictures, for people who look at it on a screen. Made from the stored bytes alone, so
that nobody's name has to be read again. Slow (about 40 milliseconds a page): call it off the event loop.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from hub.agreements.render import fonts

PAGE = b"""#set page(width: auto, height: auto, margin: 0pt)
#image("agreement.pdf", page: int(sys.inputs.page), alt: "page")"""
COUNT = re.compile(rb"/Type/Pages/Count (\d+)")


def pages(pdf: bytes) -> int:
    """Return how many pages a document has that `render` made."""
    found = COUNT.search(pdf)
    if found is None:
        raise ValueError("not a document of the hub: it does not say how many pages it has")
    return int(found[1])


def picture(pdf: bytes, page: int, *, ppi: float = 110) -> bytes:
    """Return one page as PNG; pages count from 1. Raises LookupError when there is no such page."""
    if not 1 <= page <= pages(pdf):
        raise LookupError(f"page {page}: the document has pages 1 to {pages(pdf)}")
    with TemporaryDirectory(prefix="vet-hub-") as folder:
        (Path(folder) / "agreement.pdf").write_bytes(pdf)
        compiler = typst.Compiler(PAGE, root=folder, font_paths=fonts())
        made = compiler.compile(format="png", ppi=ppi, sys_inputs={"page": str(page)})
    if not isinstance(made, bytes):
        raise TypeError(f"typst made a {type(made).__name__} instead of one picture")
    return made
