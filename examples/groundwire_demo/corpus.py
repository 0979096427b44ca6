"""Demo corpus: handbook of an invented maker, in two yearly editions.

A page is a text file in `pages/`: a title; a line `area | last edited | edited`; paragraphs in
which `{23 days|25 days}` holds last year's value and this year's; and one line `? question / the
same in other words` for each such value, in their order.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from importlib.resources import files
from typing import Self

_VALUE = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z€])")


class Edition(IntEnum):
    """Edition of the handbook."""

    LAST_YEAR = 0
    THIS_YEAR = 1


@dataclass(frozen=True, slots=True)
class CorpusFact:
    """A value that changed between editions, with questions about it."""

    page: str
    questions: tuple[str, ...]
    values: tuple[str, str]

    def value(self, edition: Edition) -> str:
        return self.values[edition]


@dataclass(frozen=True, slots=True)
class Page:
    """Page of the handbook in both editions."""

    name: str
    title: str
    area: str
    edited: tuple[date, date]
    marked_paragraphs: tuple[str, ...]
    facts: tuple[CorpusFact, ...]

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """A page from its file; raises ValueError where values and questions do not pair up."""
        lines = text.splitlines()
        area, *days = (part.strip() for part in lines[1].split("|"))
        last, this = map(date.fromisoformat, days)
        spellings = [
            line.removeprefix("? ").split(" / ") for line in lines if line.startswith("? ")
        ]
        body = "\n".join(line for line in lines[2:] if not line.startswith("? "))
        values = _VALUE.findall(body)
        facts = (
            CorpusFact(name, tuple(questions), value)
            for questions, value in zip(spellings, values, strict=True)
        )
        paragraphs = tuple(part.strip() for part in body.split("\n\n") if part.strip())
        return cls(name, lines[0].removeprefix("# "), area, (last, this), paragraphs, tuple(facts))

    def paragraphs(self, edition: Edition) -> list[str]:
        return [_VALUE.sub(rf"\{edition + 1}", part) for part in self.marked_paragraphs]


@dataclass(frozen=True, slots=True)
class CorpusPassage:
    """Paragraph of one edition: the unit of retrieval."""

    id: str
    title: str
    area: str
    edited: date
    text: str


def sentences(text: str) -> list[str]:
    """Sentences of a paragraph in order."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def handbook() -> list[Page]:
    """All pages, by name."""
    folder = files(__package__) / "pages"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".md"))
    return [
        Page.parse(entry.name.removesuffix(".md"), entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    ]


def passages(pages: list[Page], edition: Edition) -> list[CorpusPassage]:
    """The paragraphs of one edition of the pages."""
    return [
        CorpusPassage(f"{page.name}#{number}", page.title, page.area, page.edited[edition], text)
        for page in pages
        for number, text in enumerate(page.paragraphs(edition), start=1)
    ]
