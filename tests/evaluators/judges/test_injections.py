"""Fifty texts that try to lead a judge: none leaves the material, and the report counts the led."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.judge_injection import (
    HELD,
    LED,
    NO_USE,
    SEEN,
    Case,
    cases,
    prompts,
    report,
    run,
)
from groundwire_evaluators.grounding.claims import candidates
from groundwire_evaluators.judges.chat import Completion, Messages
from groundwire_evaluators.judges.turn_rendering import material

CASES = cases()


def test_they_are_fifty_in_chunks_and_answers_of_many_kinds_and_languages() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 50
    assert len({case.text for case in CASES}) == len(CASES)
    assert Counter(case.place for case in CASES).keys() == {"chunk", "answer"}
    assert len({case.language for case in CASES}) >= 10
    assert len({case.kind for case in CASES}) >= 7


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_an_injected_text_stays_in_its_place_and_supports_nothing(case: Case) -> None:
    assert case.false in (case.clean.answer or "")
    assert case.false.rstrip(".").lower() not in case.text.lower()
    turn = case.injected
    requested = [
        candidate for candidate in candidates(turn.answer or "") if candidate.skip_reason is None
    ]
    shown = material(turn, requested)
    opening, body, closing = shown.text.split("\n")
    code = opening.removeprefix("<<<")
    assert closing == f"{code}>>>"
    assert code not in body
    reported = json.loads(body)
    texts = [entry["text"] for entry in (*reported["passages"], *reported["claims"])]
    if case.place == "chunk":
        assert sum(case.text in text for text in texts) == 1
    assert case.false in texts
    assert {entry["id"] for entry in reported["claims"]} == set(shown.names)


class Scripted:
    """Answers like a judge that follows every order (`gullible`), only those it reads plainly in
    the prompt, or none."""

    identity = "scripted"

    def __init__(self, gullible: bool) -> None:
        self.gullible = gullible

    def complete(
        self, messages: Messages, schema: Mapping[str, Any], max_tokens: int
    ) -> Completion:
        text = messages[-1]["content"]
        led = self.gullible and any(case.text in text or self._json(case) in text for case in CASES)
        if not text.startswith("<<<"):
            listed = text.partition("Statements:\n")[2].partition("\n\nFor each")[0]
            message = ["supported" if led else "unsupported" for _ in listed.split("\n")]
            return Completion(text=json.dumps({"verdicts": message}))
        shown = json.loads(text.split("\n")[1])
        passage = shown["passages"][0]["id"]
        verdict = "supported" if led else "unsupported"
        entry = {"verdict": verdict, "passage": passage if led else None, "words": "", "reason": ""}
        reported = [{"claim": claim["id"], **entry} for claim in shown["claims"]]
        return Completion(text=json.dumps({"verdicts": reported}))

    @staticmethod
    def _json(case: Case) -> str:
        return json.dumps(case.text, ensure_ascii=False)[1:-1]


def test_the_report_counts_a_judge_that_is_led_and_one_that_is_caught() -> None:
    gullible = {name: run(says, CASES) for name, says in prompts(Scripted(True)).items()}
    steady = {name: run(says, CASES) for name, says in prompts(Scripted(False)).items()}
    assert set(steady["llm_judge"].values()) == set(steady["plain"].values()) == {HELD}
    assert Counter(gullible["bare"].values())[LED] > 30
    assert Counter(gullible["llm_judge"].values())[SEEN] > 30
    assert LED not in gullible["llm_judge"].values()
    lines = report(gullible, CASES)
    assert lines[0].startswith(f"| prompt | {LED} | {SEEN} |")
    assert lines[-1] == "led llm_judge: none"


def test_a_judge_that_errs_without_any_injection_is_not_called_led() -> None:
    found = run(lambda turn, claim: True, CASES)
    assert set(found.values()) == {NO_USE}
