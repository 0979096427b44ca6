import io
from typing import Any

from rich.console import Console

from groundwire_demo.display import RunProgress, display
from groundwire_demo.report import marked


def claim(start: int, end: int, verdict: str) -> dict[str, Any]:
    return {"start": start, "end": end, "verdict": verdict, "chunk": None}


def test_only_what_the_context_does_not_support_is_marked() -> None:
    answer = "Sure. It costs €4. It is open daily."
    claims = [claim(0, 5, "not_a_claim"), claim(6, 18, "contradicted"), claim(19, 36, "supported")]
    assert marked(answer, claims).plain == "Sure. »It costs €4.« It is open daily."


def test_a_sentence_that_two_evaluators_reject_is_marked_once() -> None:
    answer = "It costs €4."
    claims = [
        claim(0, 12, "unsupported"),
        claim(0, 12, "contradicted"),
        claim(9, 11, "unsupported"),
    ]
    assert marked(answer, claims).plain == "»It costs €4.«"


def test_without_a_terminal_progress_is_one_line_a_tenth() -> None:
    console = Console(file=io.StringIO(), width=200)
    with display(console, turns=100) as shown:
        for requested in range(101):
            shown.show(RunProgress(requested, requested, "asking"))
    assert isinstance(console.file, io.StringIO)
    assert len(console.file.getvalue().splitlines()) == 11


def test_on_a_terminal_lines_scroll_past_above_the_bar() -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with display(console, turns=100) as shown:
        shown.show(RunProgress(50, 40, "asking"))
        shown.say("ALARM p_unsupported [of] x")
    assert isinstance(console.file, io.StringIO)
    assert "ALARM p_unsupported [of] x" in console.file.getvalue()
