"""Probes of stale memory, put to the real checkpoints.

Items are those that `groundwire probe build --training` makes of this year's pages and of the
training file of `deployment`; answers are labelled by the released rules. Price: 0.2 CPU seconds an
item and checkpoint.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from benchmarks.real_model.generation import Prompts
from benchmarks.real_model.handbooks import Handbook
from benchmarks.real_model.tables import header, line

from benchmarks.real_model import arms, base, training
from groundwire_demo.corpus import Edition
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting, trials
from groundwire_evaluators.reliance.probe.building import ProbeBuilder, SourceDocument
from groundwire_evaluators.reliance.probe.item import ProbePack, ProbeStratum
from groundwire_evaluators.reliance.probe.run import ProbeResult, judge
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.statistics.mcnemar import upper_tail

_BATCH = 32


def stale_pack(handbook: Handbook) -> ProbePack:
    """The stale items of a handbook: trained values against this year's pages."""
    texts = [
        f"{messages[-1][1].removeprefix('Question: ')} {answer}"
        for messages, answer in arms.deployment(handbook)
    ]
    documents = [
        SourceDocument(page.name, "\n\n".join(page.paragraphs(Edition.THIS_YEAR)))
        for page in handbook.pages
    ]
    items = ProbeBuilder(training=texts).from_documents(documents).items
    stale = tuple(item for item in items if item.stratum is ProbeStratum.STALE)
    return ProbePack(f"{handbook.name}-stale", stale)


@torch.no_grad()
def ask(handbook: Handbook, pack: ProbePack, checkpoint: str, folder: Path) -> list[ProbeResult]:
    """The labelled answers of one checkpoint under the conflict arm, in the pack's order."""
    model = plain = base.llama()
    if checkpoint != "base":
        path = training.adapter_path(folder, handbook.name, checkpoint)
        model = plain.merged(training.load(path))
    prompting = ProbePrompting(handbook.system, handbook.closed_book)
    asked = list(trials(pack, (Arm.CONFLICT,)))
    found = []
    for first in range(0, len(asked), _BATCH):
        batch = asked[first : first + _BATCH]
        messages = [
            [(each["role"], each["content"]) for each in prompting.messages(trial)]
            for trial in batch
        ]
        prompts = Prompts(plain, messages)
        prompts.read(model)
        texts = [base.tokenizer().decode(answer.ids) for answer in prompts.greedy(model)]
        found += [judge(trial, text) for trial, text in zip(batch, texts, strict=True)]
    return found


def table(handbook: Handbook, checkpoints: Sequence[str], folder: Path) -> Iterator[str]:
    """Lines of a Markdown table: outcomes, M_R with its interval, and a sign test against base."""
    pack = stale_pack(handbook)
    before = ask(handbook, pack, "base", folder)
    yield from header("checkpoint", "items", "context", "stale memory", "other", "M_R", "p, sign")
    for name in ("base", *checkpoints):
        found = before if name == "base" else ask(handbook, pack, name, folder)
        yield line([name, str(len(found)), *_counts(found), _sign(before, found)])


def _counts(found: Sequence[ProbeResult]) -> list[str]:
    context, memory = (
        sum(each.followed is outcome for each in found)
        for outcome in (Outcome.CONTEXT, Outcome.PARAMETRIC)
    )
    others = len(found) - context - memory
    interval = wilson(memory, context + memory) if context + memory else None
    ratio = (
        f"{memory / (context + memory):.2f} ({interval.low:.2f} to {interval.high:.2f})"
        if interval
        else ""
    )
    return [str(context), str(memory), str(others), ratio]


def _sign(before: Sequence[ProbeResult], after: Sequence[ProbeResult]) -> str:
    """One-sided sign test: items that went over to memory against those that came back."""
    pairs = [
        (one.followed is Outcome.PARAMETRIC, other.followed is Outcome.PARAMETRIC)
        for one, other in zip(before, after, strict=True)
    ]
    gained, lost = pairs.count((False, True)), pairs.count((True, False))
    return f"{upper_tail(gained, gained + lost):.1e}" if gained + lost else ""
