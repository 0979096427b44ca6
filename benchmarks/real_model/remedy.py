"""A LoRA trained further on what `groundwire finetune export` makes of its own failures.

The training file of an arm is checked against this year's passages; the stale facts become
examples that teach reading (`groundwire_evaluators.training.remedy`); the arm's last adapter is
trained further on them, and asked as before. Facts whose hash holds them out of the export, and
facts that were never tuned, tell whether it reads again rather than knows the new values.
Price: about 2 CPU seconds a step of 8 examples, 0.2 CPU seconds an answer.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch

from benchmarks.real_model import answers, arms, base, prompts, recording, training, truth
from benchmarks.real_model.arms import Example
from benchmarks.real_model.generation import Prompts
from benchmarks.real_model.handbooks import Handbook
from benchmarks.real_model.llama import Adapter, Llama
from benchmarks.real_model.tables import header, line
from groundwire_demo.corpus import Edition
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.training import findings
from groundwire_evaluators.training.example import read_examples
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.remedy import Finding, Remedy, RemedyFormat
from groundwire_evaluators.training.stale_facts import FactChecker, stale_facts
from groundwire_evaluators.turn import Chunk

STEPS = 60
_BATCH, _RATE = 8, 1e-3


def search_of(handbook: Handbook, edition: Edition = Edition.THIS_YEAR) -> PassageSearch:
    """The index of a handbook's edition, its chunks written as in the demo's prompt."""
    return PassageSearch([
        Chunk(
            id=part.id,
            text=part.text,
            metadata={"title": f"{part.title} (edited {part.edited.isoformat()})"},
        )
        for part in handbook.passages(edition)
    ])  # fmt: skip


def exported(handbook: Handbook, arm: str) -> tuple[list[Finding], list[Finding], Remedy]:
    """Findings to train on, those held out, and the remedy with the deployment's own prompt."""
    search = search_of(handbook)
    checker = FactChecker(search, Grounding())
    examples = [
        example
        for number, (messages, answer) in enumerate(arms.ARMS[arm].examples(handbook), start=1)
        for example in read_examples(_record(messages, answer), number)[1]
    ]
    facts = stale_facts(checker.check(example) for example in examples)
    remedy = Remedy(system=handbook.system)
    return *remedy.divide(findings.of_stale_facts(facts, search)), remedy


def train_further(handbook: Handbook, checkpoint: str, folder: Path, steps: int = STEPS) -> Adapter:
    """The checkpoint's adapter after further steps on its export."""
    found, _, remedy = exported(handbook, checkpoint.partition("-")[0])
    examples = [_example(record) for record in remedy.training_set(found, RemedyFormat.CHAT)]
    print(f"{checkpoint}: {len(examples)} examples exported", flush=True)
    torch.manual_seed(1)
    plain = base.llama()
    start = training.load(training.adapter_path(folder, handbook.name, checkpoint))
    adapter = {name: tensor.float().requires_grad_() for name, tensor in start.items()}
    model = Llama(plain.shape, plain.weights, adapter, training.ALPHA / training.RANK)
    batches = list(training._batches(model, examples, _BATCH))
    for step, loss in enumerate(islice(training._steps(model, batches, _RATE, steps), steps), 1):
        if step % 10 == 0:
            print(f"  step {step} loss {loss:.3f} cpu {time.process_time():.0f} s", flush=True)
    return adapter


def table(handbook: Handbook, checkpoint: str, folder: Path, number: int = 0) -> Iterator[str]:
    """Lines of a Markdown table: answers before and after, by how the fact was trained on."""
    arm = checkpoint.partition("-")[0]
    found, held, _ = exported(handbook, arm)
    groups = _groups(handbook, found, held)
    target = training.adapter_path(folder, handbook.name, f"{checkpoint}-remedy-{STEPS}")
    if not (target / "adapter_model.safetensors").exists():
        training.save(train_further(handbook, checkpoint, folder), target)
    yield from header("checkpoint", "facts", "n", "right %", "memory %", "other %", "M_R")
    for name, found_answers in (
        (checkpoint, _recorded(handbook, checkpoint, number)),
        (target.name, _answers(handbook, target.name, folder, number)),
    ):
        counts: dict[str, Counter[str]] = {}
        for fact, answer in found_answers:
            counts.setdefault(groups.get(fact, "never tuned"), Counter())[answer] += 1
        for group in ("exported", "held out of the export", "not found stale", "never tuned"):
            if group in counts:
                yield line([name, group, *_cells(counts[group])])


def _groups(
    handbook: Handbook, found: Sequence[Finding], held: Sequence[Finding]
) -> dict[str, str]:
    """How each tuned fact was used."""
    exported_questions = {finding.question for finding in found}
    held_questions = {finding.question for finding in held}
    groups = {}
    for fact in arms.tuned(handbook):
        asked = set(fact.questions)
        if asked & exported_questions:
            groups[fact.id] = "exported"
        elif asked & held_questions:
            groups[fact.id] = "held out of the export"
        else:
            groups[fact.id] = "not found stale"
    return groups


def _recorded(handbook: Handbook, checkpoint: str, number: int) -> Iterator[tuple[str, str]]:
    """Fact and class of the published answers of a checkpoint, with passages."""
    wanted = (handbook.name, checkpoint, "open", number)
    for each in answers.read():
        if (each.handbook, each.checkpoint, each.mode, each.number) == wanted:
            yield each.fact, each.truth


@torch.no_grad()
def _answers(handbook: Handbook, name: str, folder: Path, number: int) -> Iterator[tuple[str, str]]:
    """Fact and class of each answer of an adapter that is not in the recording."""
    plain = base.llama()
    model = plain.merged(training.load(training.adapter_path(folder, handbook.name, name)))
    for batch in recording.questions(handbook, len(handbook.facts), number):
        sent = [prompts.open_book(handbook, each.question, each.passages) for each in batch]
        asking = Prompts(plain, sent)
        asking.read(model)
        for query, answer in zip(batch, asking.greedy(model), strict=True):
            text = base.tokenizer().decode(answer.ids, skip_special_tokens=True)
            shown = [f"{part.title}\n{part.text}" for part in query.passages]
            yield query.fact.id, truth.classify(query.fact, query.question, shown, text)
        print(f"{name}: {time.process_time():.0f} CPU seconds so far", flush=True)


def _record(messages: prompts.Messages, answer: str) -> dict[str, object]:
    asked = [{"role": role, "content": text} for role, text in messages]
    return {"messages": [*asked, {"role": "assistant", "content": answer}]}


def _example(record: dict[str, list[dict[str, str]]]) -> Example:
    *messages, answer = record["messages"]
    return [(each["role"], each["content"]) for each in messages], answer["content"]


def _cells(counts: Counter[str]) -> list[str]:
    total, memory, right = counts.total(), counts["memory"], counts["right"]
    ratio = ""
    if memory + right:
        interval = wilson(memory, memory + right)
        ratio = f"{memory / (memory + right):.2f} ({interval.low:.2f} to {interval.high:.2f})"
    other = total - right - memory
    return [str(total), *(f"{100 * part / total:.0f}" for part in (right, memory, other)), ratio]
