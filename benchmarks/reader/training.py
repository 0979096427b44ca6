"""Training of the reader on a CPU: resumable, seeded, with a learning curve.

Batches of `BATCH` pairs of like length out of windows of `WINDOW`; the rate falls to zero over the
pairs of the run, slowly at first. The loss of a claim that is labelled unsupported, without saying
how, is that of either class.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from benchmarks.reader import checks
from benchmarks.reader.checks import Array
from benchmarks.reader.encoder import Encoder
from benchmarks.reader.mixture import Mixture, prepare
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.tokens import Encoded, encode, stack

BATCH, WINDOW = 16, 256
RATE, WARM_UP, DECAY, DROPOUT = 9e-5, 60, 0.01, 0.1
WORDS = 0.5  # weight of the loss of words, where they have labels


@dataclass(frozen=True)
class Plan:
    """How long to train: pairs in all, seconds of wall time between checkpoints."""

    pairs: int = 115_000
    every: float = 300.0
    seed: int = 21
    threads: int = 1


def train(folder: Path, plan: Plan) -> None:
    """Train to the end of the plan, going on from the last checkpoint in the folder."""
    torch.set_num_threads(plan.threads)
    mixture, tests = prepare(folder, plan.seed)
    run = Run(folder, plan)
    print(f"from pair {run.seen} of {plan.pairs}, {run.cpu:.0f} CPU s so far", flush=True)
    last = time.monotonic()
    while run.seen < plan.pairs:
        run.window(mixture)
        if time.monotonic() - last >= plan.every or run.seen >= plan.pairs:
            run.save(checks.on_the_way(run.read, tests))
            last = time.monotonic()


class Run:
    """The state of a training: weights, optimiser, how many pairs were seen."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder, self._plan = folder, plan
        torch.manual_seed(plan.seed)
        self.tokenizer = load_tokenizer(folder / "sources/tokenizer.json")
        self.model = Encoder(folder / "sources/model.safetensors")
        self._trained = [p for p in self.model.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=RATE, weight_decay=DECAY, fused=True)
        self.seen, self.cpu, self._losses = 0, 0.0, [0.0]
        self._started = time.process_time()
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.seen, self.cpu = state["seen"], state["cpu"]

    def window(self, mixture: Mixture) -> None:
        """Train on one window of pairs."""
        number = self.seen // WINDOW
        rows = [
            encode(self.tokenizer, pair)
            for pair in mixture.window(number, WINDOW, self.seen / self._plan.pairs)
        ]
        rows.sort(key=lambda row: len(row.ids))
        batches = [rows[at : at + BATCH] for at in range(0, WINDOW, BATCH)]
        draw = Random(f"{self._plan.seed}/order/{number}")
        torch.manual_seed(self._plan.seed + number)
        self.model.train()
        self._losses = [self._step(batch) for batch in draw.sample(batches, len(batches))]

    def _step(self, rows: Sequence[Encoded]) -> float:
        step = self.seen // BATCH
        rate = RATE * min(1.0, (step + 1) / WARM_UP)
        rate *= max(0.01, 1.0 - (self.seen / self._plan.pairs) ** 2)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        ids, types, mask, gold, labels = stack(rows)
        with torch.autocast("cpu", torch.bfloat16):
            logits, words = self.model(ids, types, mask, DROPOUT)
        loss = pair_loss(logits.float(), gold)
        total = loss + WORDS * word_loss(words.float(), labels)
        self._optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self.seen += len(rows)
        return float(loss.detach())

    def read(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Probabilities (pairs, 3) in the order of `Relation`."""
        self.model.eval()
        rows = [encode(self.tokenizer, Pair(*pair, Relation.SUPPORTED, "")) for pair in pairs]
        order = sorted(range(len(rows)), key=lambda at: len(rows[at].ids))
        found = np.zeros((len(rows), 3))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for start in range(0, len(order), 32):
                chosen = order[start : start + 32]
                ids, types, mask, *_ = stack([rows[at] for at in chosen])
                logits = self.model(ids, types, mask)[0].float()
                found[chosen] = torch.softmax(logits, -1).numpy()
        return found

    def save(self, figures: dict[str, float]) -> None:
        """Write the checkpoint and a line of the learning curve."""
        now = time.process_time()
        self.cpu, self._started = self.cpu + now - self._started, now
        state = {
            "model": self.model.state_dict(), "optimizer": self._optimizer.state_dict(),
            "seen": self.seen, "cpu": self.cpu,
        }  # fmt: skip
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)
        line = {"pairs": self.seen, "cpu_s": round(self.cpu), "loss": float(np.mean(self._losses))}
        line |= {name: round(value, 3) for name, value in figures.items()}
        with (self._folder / "curve.jsonl").open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def pair_loss(logits: Tensor, gold: Tensor) -> Tensor:
    """Cross entropy; of a claim that is only known to be unsupported, minus log(1 - p)."""
    logs = functional.log_softmax(logits, -1)
    either = torch.logsumexp(logs[:, 1:], -1)
    known = logs.gather(1, gold.clamp(max=2)[:, None])[:, 0]
    return -torch.where(gold == int(Relation.UNSUPPORTED), either, known).mean()


def word_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the words that have labels; each pair counts alike."""
    known = (labels >= 0).float()
    each = functional.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0).float(), reduction="none"
    )
    rows = known.sum(1)
    return ((each * known).sum(1) / rows.clamp(min=1)).sum() / (rows > 0).sum().clamp(min=1)


def load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
