"""Findings for `groundwire finetune export`, from stored turns and training files."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from groundwire_collector.evaluation.loading import load
from groundwire_collector.evaluation.registry import GROUNDING
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.training import findings
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.memorized import MEMORIZED_OVERRIDE
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.remedy import Finding, FindingKind
from groundwire_evaluators.training.stale_facts import FactCheck, FactChecker
from groundwire_evaluators.turn import Chunk

OVERRIDES = frozenset({MEMORIZED_OVERRIDE, "override"})  # evaluators whose value 1 is an override
FALSE_REFUSAL = "false_refusal"


def fact_checks(
    examples: Iterable[TrainingExample], chunks: Iterable[Chunk]
) -> Iterator[FactCheck]:
    """Each example against today's chunks; equal questions with equal answers once."""
    checker = FactChecker(PassageSearch(list(chunks)), load(GROUNDING))
    seen: set[tuple[str, str]] = set()
    for example in examples:
        key = (example.question.casefold(), example.answer.casefold())
        if key not in seen:
            seen.add(key)
            yield checker.check(example)


def turn_findings(
    judged: Iterable[JudgedTurn],
    references: Mapping[str, str],
    kinds: Collection[FindingKind],
    search: PassageSearch,
) -> Iterator[Finding]:
    """Findings of turns; `references` are right answers by turn id."""
    judge = load(GROUNDING)
    for item in judged:
        reference = references.get(item.turn.id) or item.turn.reference
        kind = _kind(item, reference)
        if kind is None or kind not in kinds:
            continue
        turn = replace(item.turn, reference=reference)
        found = findings.of_turn(turn, kind, judge, search)
        if found is not None and _supported(found, judge):
            yield found


def _kind(judged: JudgedTurn, reference: str | None) -> FindingKind | None:
    """What was wrong with a turn, the surest first; None: nothing that can be taught."""
    if any(each.evaluator in OVERRIDES and each.value == 1.0 for each in judged.evaluations):
        return FindingKind.OVERRIDE
    if any(each.signals.get(FALSE_REFUSAL) for each in judged.evaluations):
        return FindingKind.FALSE_REFUSAL
    if reference and any(each.flagged for each in judged.evaluations):
        return FindingKind.FLAGGED
    return None


def _supported(finding: Finding, judge: Evaluator) -> bool:
    """Whether the chunk supports the answer: nothing is to be taught that it does not say."""
    turn = findings.as_turn(finding)
    return not judge.judge(turn).flagged
