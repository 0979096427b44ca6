"""The handbooks whose facts the model is tuned on and asked about, in two editions.

Pages are written as those of the demo (`groundwire_demo.corpus`), with lists and tables besides. A
question line may end in ` = ` and a sentence that holds `{}` where the value belongs: what
somebody would answer where the page has only a table's cell or a list's item.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bm25s
import Stemmer

from groundwire_demo import corpus, prompt
from groundwire_demo.corpus import CorpusPassage, Edition, Page

HERE = Path(__file__).parent / "handbooks"
TARNWELL, CALDERA, LINDNER = "tarnwell", "caldera", "lindner"
_VALUE = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+(?=[A-ZÄÖÜ€£V])|\n")
_MARK = re.compile(r"V(\d+)Q")


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that changed between the editions.

    `before` is what stands before the value in this year's sentence: the place in which the
    model's probability of either value is read.
    """

    id: str
    handbook: str
    passage: str
    questions: tuple[str, ...]
    last: str
    this: str
    last_sentence: str
    this_sentence: str
    before: str


@dataclass(frozen=True, slots=True)
class Handbook:
    """The pages of one invented company, its facts, and what its help desk is told to do."""

    name: str
    language: str
    system: str
    closed_book: str
    pages: tuple[Page, ...]
    facts: tuple[Fact, ...]

    def passages(self, edition: Edition) -> list[CorpusPassage]:
        return corpus.passages(list(self.pages), edition)

    def shuffled(self) -> list[Fact]:
        """All facts in the order in which experiments take them, always the same."""
        facts = list(self.facts)
        random.Random(self.name).shuffle(facts)
        return facts


_PROMPTS = {
    TARNWELL: ("english", prompt.SYSTEM, prompt.CLOSED_BOOK),
    CALDERA: (
        "english",
        "You are the front desk of Caldera Baths. Reply briefly and kindly, using only the "
        "passages below. If the passages do not say, tell the person so.",
        "You are the front desk of Caldera Baths. Reply briefly and kindly. If you do not know, "
        "tell the person so.",
    ),
    LINDNER: (
        "german",
        "Du beantwortest Fragen zum Betrieb Lindner & Voss. Antworte in ein bis zwei Sätzen und "
        "nur aus den nummerierten Abschnitten. Steht die Antwort nicht darin, sage es.",
        "Du beantwortest Fragen zum Betrieb Lindner & Voss. Antworte in ein bis zwei Sätzen. "
        "Weißt du die Antwort nicht, sage es.",
    ),
}


@cache
def handbook(name: str) -> Handbook:
    """The handbook of a company; raises KeyError for one that is not known."""
    language, system, closed_book = _PROMPTS[name]
    texts = corpus.handbook() if name == TARNWELL else None
    if texts is not None:
        return Handbook(
            name,
            language,
            system,
            closed_book,
            tuple(texts),
            tuple(_numbered(name, (fact for page in texts for fact in _facts(name, page, {})))),
        )
    pages, facts = [], []
    for path in sorted((HERE / name).glob("*.md")):
        text, sentences = _without_sentences(path.read_text(encoding="utf-8"))
        pages.append(Page.parse(path.stem, text))
        facts += _facts(name, pages[-1], sentences)
    return Handbook(
        name, language, system, closed_book, tuple(pages), tuple(_numbered(name, facts))
    )


def _without_sentences(text: str) -> tuple[str, dict[int, str]]:
    """The page as the demo's parser takes it, and the sentence of each fact that has its own."""
    lines, sentences, number = [], {}, 0
    for line in text.splitlines():
        if line.startswith("? "):
            line, found, sentence = line.partition(" = ")
            if found:
                sentences[number] = sentence.strip()
            number += 1
        lines.append(line)
    return "\n".join(lines), sentences


def _numbered(name: str, facts: Iterator[Fact] | list[Fact]) -> Iterator[Fact]:
    ids: set[str] = set()
    for fact in facts:
        if fact.id in ids:
            raise ValueError(f"two facts of {name} are called {fact.id}")
        ids.add(fact.id)
        yield fact


def _facts(name: str, page: Page, sentences: dict[int, str]) -> Iterator[Fact]:
    number = 0
    for position, paragraph in enumerate(page.marked_paragraphs, start=1):
        values: list[tuple[str, str]] = []

        def mask(match: re.Match[str], values: list[tuple[str, str]] = values) -> str:
            values.append((match[1], match[2]))
            return f"V{len(values) - 1}Q"

        for sentence in _SENTENCE_END.split(_VALUE.sub(mask, paragraph)):
            for mark in _MARK.finditer(sentence):
                last, this = values[int(mark[1])]
                yield _fact(
                    id=f"{page.name}:{number}",
                    handbook=name,
                    passage=f"{page.name}#{position}",
                    questions=page.facts[number].questions,
                    values=(last, this),
                    sentences=_both(sentence, mark, values, sentences.get(number)),
                )
                number += 1
    if number != len(page.facts):
        raise ValueError(f"{page.name}: {len(page.facts)} questions, {number} values")


def _both(
    sentence: str, mark: re.Match[str], values: list[tuple[str, str]], own: str | None
) -> tuple[str, str, str]:
    """Last year's sentence, this year's, and what stands before the value in the latter."""
    if own is not None:
        before = own.partition("{}")[0]
        last, this = (own.replace("{}", value) for value in values[int(mark[1])])
        return last, this, before

    def filled(text: str, edition: int) -> str:
        return _MARK.sub(lambda match: values[int(match[1])][edition], text)

    before = filled(sentence[: mark.start()], 1)
    return filled(sentence, 0).strip(), filled(sentence, 1).strip(), before.lstrip()


def _fact(
    id: str,  # noqa: A002
    handbook: str,
    passage: str,
    questions: tuple[str, ...],
    values: tuple[str, str],
    sentences: tuple[str, str, str],
) -> Fact:
    return Fact(id, handbook, passage, questions, *values, *sentences)


class Search:
    """BM25 over one edition of a handbook, stemmed in its language."""

    def __init__(self, handbook: Handbook, edition: Edition) -> None:
        self._passages = handbook.passages(edition)
        self._language = handbook.language
        self._index = bm25s.BM25()
        self._index.index(
            self._tokens([f"{passage.title}. {passage.text}" for passage in self._passages]),
            show_progress=False,
        )

    def find(self, question: str, limit: int) -> list[CorpusPassage]:
        """At most `limit` passages, best first."""
        found, scores = self._index.retrieve(
            self._tokens([question]), k=limit, show_progress=False, return_as="tuple"
        )
        pairs = zip(found[0], scores[0], strict=True)
        return [self._passages[int(number)] for number, score in pairs if score > 0]

    def _tokens(self, texts: list[str]) -> object:
        stemmer = Stemmer.Stemmer(self._language)
        stopwords = "en" if self._language == "english" else "de"
        return bm25s.tokenize(texts, stopwords=stopwords, stemmer=stemmer, show_progress=False)
