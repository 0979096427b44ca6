"""Speed of the default masks over prose, and what they mask in it.

    python benchmarks/masks.py [folder of Markdown pages]

Prints megabytes a second of CPU time, best of seven, and each match: in pages without secrets a
match outside of an example is a false one.
"""

import sys
import time
from pathlib import Path

from groundwire.redaction import DEFAULT_MASKS, Masks

PIECE = 2_000  # characters, as of a chunk


def pieces(folder: Path) -> dict[str, list[str]]:
    """The pages in pieces, and their paragraphs of plain prose."""
    text = "\n\n".join(page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.md")))
    prose = [part for part in text.split("\n\n") if len(part) > 200 and not set("|`") & set(part)]
    return {
        "pages": [text[start : start + PIECE] for start in range(0, len(text), PIECE)],
        "prose": prose,
    }


def seconds(masks: Masks, texts: list[str]) -> float:
    began = time.process_time()
    for text in texts:
        masks.apply(text, lambda _, __: 1)
    return time.process_time() - began


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs")
    masks = Masks(DEFAULT_MASKS)
    found: set[tuple[str, str]] = set()
    for name, texts in pieces(folder).items():
        size = sum(map(len, texts)) / 1e6
        best = min(seconds(masks, texts) for _ in range(7))
        print(f"{name}: {size:.2f} M characters, {size / best:.1f} MB/s of CPU")
        for text in texts:
            masks.apply(text, lambda kind, value: found.add((kind, value)) or 1)
    for kind, value in sorted(found):
        print(f"  {kind}: {value[:70]!r}")


if __name__ == "__main__":
    main()
