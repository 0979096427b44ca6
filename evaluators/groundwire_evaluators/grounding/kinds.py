"""Kind of an answer: to a question, a summary, or about records."""
# ruff: noqa: E501  (a table of words)

import re
from typing import Literal, get_args

Kind = Literal["answers", "summaries", "records"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_SUMMARY = re.compile(
    r"\s*(?:please |can you |could you |bitte |por favor |s[’']il vous plaît )?(?:write |give |provide |schreibe? |erstelle )?(?:me )?(?:a |an |the |one |eine |un |une |una |uma |een )?"
    r"(?:(?:short|brief|concise|one-sentence|kurze|bref|breve|korte) )?"
    r"(?:summar|tl;?dr|overview|zusammenfass|fasse? |résum|resum|riassum|sintetizz|samenvat|vat )",
    re.IGNORECASE,
)


def kind_of(question: str | None, on_records: bool) -> Kind:
    """Kind of an answer, by its question and chunks.

    Without a question, as with an instruction to summarise, an answer is read as a summary.
    """
    if on_records:
        return "records"
    return (
        "summaries" if not (question or "").strip() or _SUMMARY.match(question or "") else "answers"
    )
