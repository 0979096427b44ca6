"""Code and commands of an answer beside those of the chunks."""

import pytest

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.code import code_conflict
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.text.words import ENGLISH
from groundwire_evaluators.turn import Chunk, Turn

SHOWN = "Run `helm rollback shop 3 --wait` to go back. Set `TIMEOUT=45` in the file."


def conflict(line: str) -> tuple[str, str] | None:
    found = code_conflict(line, line, [Passage(SHOWN, ENGLISH)])
    return (found.claimed, found.shown) if found else None


@pytest.mark.parametrize(
    ("line", "differs"),
    [
        ("helm uninstall shop 3 --wait", ("uninstall", "rollback")),
        ("helm rollback shop 2 --wait", ("2", "3")),
        ("TIMEOUT=30", ("30", "45")),
    ],
)
def test_one_other_part_in_a_line_of_code_is_a_conflict(
    line: str, differs: tuple[str, str]
) -> None:
    assert conflict(line) == differs


@pytest.mark.parametrize(
    "line",
    ["helm rollback shop 3 --wait", "helm  rollback shop 3  --wait",
     "helm rollback <name> 3 --wait", "helm rollback YOUR_APP 3 --wait", "docker compose up",
     "TIMEOUT", "print(shop)"],
)  # fmt: skip
def test_the_same_code_placeholders_and_other_code_are_none(line: str) -> None:
    assert conflict(line) is None


@pytest.mark.parametrize(
    ("block", "verdict"),
    [
        ("```\nTIMEOUT=45\n```", Verdict.SUPPORTED),
        ("```bash\nTIMEOUT=45\n```", Verdict.SUPPORTED),
        ("```\nTIMEOUT=30\n```", Verdict.CONTRADICTED),
        ("Run `helm uninstall shop 3 --wait`.", Verdict.CONTRADICTED),
        ("Run `helm rollback shop 3 --wait`.", Verdict.SUPPORTED),
    ],
)
def test_code_that_a_chunk_nearly_holds_is_judged(block: str, verdict: Verdict) -> None:
    turn = Turn(question="What do I set or run?", answer=block, chunks=(Chunk(text=SHOWN),))
    assert [claim.verdict for claim in evaluate(Grounding(), [turn])[0].claims] == [verdict]


def test_other_code_claims_nothing() -> None:
    turn = Turn(question="How?", answer="```\nx = 1\n```", chunks=(Chunk(text=SHOWN),))
    assert evaluate(Grounding(), [turn])[0].state is State.NO_CLAIMS
