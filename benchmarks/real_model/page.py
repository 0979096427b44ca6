"""Tables and figures of the page, written anew from the recording between its marks.

A mark is a line `<!-- real_model: NAME -->`, the end of its block `<!-- end -->`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "a-real-fine-tune.md"
_BLOCK = re.compile(r"(<!-- real_model: (\w+) -->\n)(.*?)(<!-- end -->)", re.S)


def rendered(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block's text put between its marks.

    Raises:
        KeyError: the page has a mark for which there is no block.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found[2]]}\n\n{found[4]}", page)


def write(blocks: Mapping[str, str], path: Path = PAGE) -> None:
    """Write the page's blocks anew."""
    path.write_text(rendered(path.read_text(encoding="utf-8"), blocks), encoding="utf-8")
