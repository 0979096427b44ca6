"""Probes of stale memory, put to the real checkpoints.

Items are those that `groundwire probe build --training` makes of this year's pages and of the
training file of `deployment`; answers are labelled by the released rules. Price: 0.2 CPU seconds an
item and checkpoint.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.real_model import arms, base, training
from benchmarks.real_model.generation import Prompts
from benchmarks.real_model.handbooks import Handbook
from benchmarks.real_model.llama import Llama
from benchmarks.real_model.tables import header, line
from groundwire_demo.corpus import Edition
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting, Trial, trials
from groundwire_evaluators.reliance.probe.building import ProbeBuilder, SourceDocument
from groundwire_evaluators.reliance.probe.comparison import compare_runs
from groundwire_evaluators.reliance.probe.item import ProbePack, ProbeStratum
from groundwire_evaluators.reliance.probe.run import (
    ProbeResult,
    ProbeRun,
    RunIdentity,
    judge,
    mirror,
)
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
def ask(
    handbook: Handbook, pack: ProbePack, checkpoint: str, folder: Path, arm: Arm = Arm.CONFLICT
) -> ProbeRun:
    """One checkpoint under one arm: labelled answers and margins, in the pack's order."""
    model = plain = base.llama()
    if checkpoint != "base":
        path = training.adapter_path(folder, handbook.name, checkpoint)
        model = plain.merged(training.load(path))
    prompting = ProbePrompting(handbook.system, handbook.closed_book)
    asked = list(trials(pack, (arm,)))
    found: list[ProbeResult] = []
    for first in range(0, len(asked), _BATCH):
        batch = asked[first : first + _BATCH]
        messages = [
            [(each["role"], each["content"]) for each in prompting.messages(trial)]
            for trial in batch
        ]
        prompts = Prompts(plain, messages)
        prompts.read(model)
        texts = [base.tokenizer().decode(answer.ids) for answer in prompts.greedy(model)]
        margins = _margins(prompts, model, batch)
        found += [
            judge(trial, text, margin=margin)
            for trial, text, margin in zip(batch, texts, margins, strict=True)
        ]
    identity = RunIdentity(pack=pack.name, digest=pack.digest, prompt=prompting.version)
    return ProbeRun(identity, tuple(found))


def _margins(prompts: Prompts, model: Llama, batch: Sequence[Trial]) -> list[float]:
    """Mean log-probability of the context's value less that of memory's, nats a token."""
    means = []
    for values in (
        [each.item.substitute for each in batch],
        [each.item.original for each in batch],
    ):
        ids = [base.tokens(value) for value in values]
        sums = prompts.score(model, [("", each) for each in ids])
        means.append([total / len(each) for total, each in zip(sums, ids, strict=True)])
    return [context - memory for context, memory in zip(*means, strict=True)]


def table(handbook: Handbook, checkpoints: Sequence[str], folder: Path) -> Iterator[str]:
    """Lines of a Markdown table: outcomes, M_R with its interval, sign tests against base."""
    pack = stale_pack(handbook)
    before = ask(handbook, pack, "base", folder)
    yield from header(
        "checkpoint", "items", "context", "stale", "other", "M_R", "facts: to memory, back",
        "p, sign", "margins: lower, higher", "p, sign",
    )  # fmt: skip
    for name in ("base", *checkpoints):
        found = before if name == "base" else ask(handbook, pack, name, folder)
        yield line([name, str(len(found.results)), *_counts(found), *_signs(before, found)])


def mirror_table(handbook: Handbook, checkpoints: Sequence[str], folder: Path) -> Iterator[str]:
    """Lines of a Markdown table: what checkpoints do when shown last year's page."""
    pack = stale_pack(handbook)
    yield from header(
        "checkpoint", "items", "repeats last year's page %", "this year's value", "declines"
    )
    for name in checkpoints:
        found = mirror(ask(handbook, pack, name, folder, Arm.CLEAN), ProbeStratum.STALE)
        assert found is not None
        low, high = found.interval
        yield line([
            name, str(found.n), f"{found.repeats:.0%} ({low:.0%} to {high:.0%})".replace("%", ""),
            f"{found.corrects * found.n:.0f}", f"{found.declines * found.n:.0f}",
        ])  # fmt: skip


def _counts(found: ProbeRun) -> list[str]:
    tally = found.tally(Arm.CONFLICT)
    context, memory = tally.counts[Outcome.CONTEXT], tally.remembered
    interval = wilson(memory, tally.deciding) if tally.deciding else None
    ratio = (
        f"{memory / tally.deciding:.2f} ({interval.low:.2f} to {interval.high:.2f})"
        if interval
        else ""
    )
    return [str(context), str(memory), str(tally.total - tally.deciding), ratio]


def _signs(before: ProbeRun, after: ProbeRun) -> list[str]:
    """One-sided sign tests: facts that went over to memory or came back, and items' margins."""
    changes: Counter[str] = Counter()
    for one, other in zip(before.results, after.results, strict=True):
        changes[one.item.partition("?")[0]] += _remembers(other) - _remembers(one)
    gained = sum(each > 0 for each in changes.values())
    lost = sum(each < 0 for each in changes.values())
    margins = compare_runs(after, [before], arms=(Arm.CONFLICT,)).margins
    if margins is None or not gained + lost + margins.lower + margins.higher:
        return [""] * 4
    return [
        f"{gained}, {lost}",
        f"{upper_tail(gained, gained + lost):.1e}" if gained + lost else "",
        f"{margins.lower}, {margins.higher}",
        f"{margins.p_value:.1e}",
    ]


def _remembers(result: ProbeResult) -> int:
    return int(result.followed is not None and result.followed.from_memory)
