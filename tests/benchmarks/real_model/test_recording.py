"""Training and recording with the real base model."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.real_model import rows
from benchmarks.real_model.handbooks import LINDNER, TARNWELL, handbook

pytestmark = [
    pytest.mark.needs("real-model"),
    pytest.mark.timeout(900),
    # What torch and transformers say while they load the model is theirs.
    pytest.mark.filterwarnings("default"),
]
ROOT = Path(__file__).parents[3]


RECORD = ["record", "--from-scratch", "--handbooks", LINDNER, "--arms", "--facts", "2"]


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The recording in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.real_model", "--folder", str(folder), *RECORD]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})


def test_a_recording_killed_halfway_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.real_model.__main__ import main

    file = tmp_path / rows.FILE
    process = start(tmp_path)
    while not rows.read(file):
        assert process.poll() is None, "it ended before anything was recorded"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = rows.read(file)
    with file.open("ab") as cut:
        cut.write(b'{"handbook": "lind')

    # In this process, which has the model already.
    monkeypatch.setattr(sys, "argv", ["real_model", "--folder", str(tmp_path), *RECORD])
    main()

    after = rows.read(file)
    assert after[: len(before)] == before
    assert all(json.loads(line) for line in file.read_text().splitlines())
    assert Counter((row.mode, row.number) for row in after) == dict.fromkeys(
        [("open", 0), ("closed", 0), ("open", 1), ("closed", 1)], 2
    )


def test_the_layers_give_the_logits_of_transformers() -> None:
    import torch

    from benchmarks.real_model import base

    model = base.llama(torch.float32)
    ids = torch.tensor([base.tokens(base.chat([("user", "What is the capital of France?")]))])
    with torch.no_grad():
        expected = base.reference()(ids).logits[0]
        found = model.logits(model.causal(model.embed(ids), range(model.shape.layers)))[0]

    assert (found - expected).abs().max() < 0.01


def test_padding_and_the_cache_change_no_probability() -> None:
    import torch

    from benchmarks.real_model import base, generation

    model = base.llama(torch.float32)
    short, long = [("user", "Say yes.")], [("user", "Say yes, or no, as you like it best.")]
    answer = base.tokens("Yes, of course.")
    with torch.no_grad():
        together = generation.Prompts(model, [short, long])
        together.read(model)
        first = together.score(model, [("", answer), ("", answer)])
        together.greedy(model)
        again = together.score(model, [("", answer), ("", answer)])
        ids = torch.tensor([base.tokens(base.chat(short)) + answer])
        hidden = model.causal(model.embed(ids), range(model.shape.layers))
        logits = model.logits(hidden)[0].float().log_softmax(-1)
    alone = sum(
        float(logits[place - 1, ids[0, place]])
        for place in range(ids.shape[1] - len(answer), ids.shape[1])
    )

    assert again == first
    assert first[0] == pytest.approx(alone, abs=0.01)


def test_an_adapter_learns_its_examples_and_peft_reads_it(tmp_path: Path) -> None:
    import torch
    from peft import PeftModel

    from benchmarks.real_model import base, generation, prompts, training
    from benchmarks.real_model.arms import Arm

    book = handbook(TARNWELL)
    fact = book.shuffled()[0]
    question = prompts.bare(book, fact.questions[0])
    arm = Arm("tiny", lambda _: [(question, fact.last_sentence)], (8, 10), (), batch=1)
    training.train(arm, book, tmp_path, {"tiny-10"})
    assert not training.adapter_path(tmp_path, TARNWELL, "tiny-8").exists()
    path = training.adapter_path(tmp_path, TARNWELL, "tiny-10")
    model = base.llama(torch.float32)
    tuned = model.merged(training.load(path))
    answer = base.tokens(fact.last_sentence)
    with torch.no_grad():
        both = generation.Prompts(model, [question])
        both.read(model)
        (before,) = both.score(model, [("", answer)])
        both.read(tuned)
        (after,) = both.score(tuned, [("", answer)])
        ids = torch.tensor([base.tokens(base.chat(question)) + answer])
        merged = PeftModel.from_pretrained(base.reference(), path)(ids).logits[0].log_softmax(-1)
    start_at = ids.shape[1] - len(answer)
    by_peft = sum(float(merged[i - 1, ids[0, i]]) for i in range(start_at, ids.shape[1]))

    assert after > before + 3
    assert by_peft == pytest.approx(after, abs=0.01)


def test_another_file_than_the_pinned_base_model_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks.real_model import base
    from groundwire_collector.errors import UsageError
    from groundwire_demo.live import parts

    monkeypatch.setattr(parts, "SHA256", "0" * 64)
    base.gguf.cache_clear()
    with pytest.raises(UsageError, match="another base model"):
        base.gguf()
    base.gguf.cache_clear()
