"""Local models as judges, on real Hugging Face code and tiny models that are made here.

Weights are random but seeded: what is tested is that the right pairs are asked, in windows and
batches, and that the right number is read, not how good a model is.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.judges.local.windows import windows
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

pytestmark = pytest.mark.needs("transformers")

CHUNKS = (
    Chunk(text="The library opens at nine. It lends tools to members."),
    Chunk(text="Fines are ten cents a day."),
)
TURN = Turn(
    id="t1", question="When does it open?", chunks=CHUNKS,
    answer="Sure! The library opens at nine. Fines are twenty cents.",
)  # fmt: skip
LONG = " ".join(f"Shelf {n} holds the books of letter {chr(97 + n % 26)}." for n in range(120))


def test_windows_cover_all_tokens_and_overlap() -> None:
    tokens = [(n * 2, n * 2 + 1) for n in range(50)]
    found = windows(tokens, 16)
    assert found[0][0] == 0
    assert found[-1][1] == tokens[-1][1]
    assert all(after[0] < before[1] for before, after in pairwise(found))
    assert all((end - start + 1) // 2 <= 16 for start, end in found)
    assert windows(tokens, 50) == [(0, 99)]
    assert windows([], 5) == []
    with pytest.raises(ValueError, match="no room"):
        windows(tokens, 0)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small byte-level BPE, trained here, with the marks that each kind of model wants."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    marks = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=marks, initial_alphabet=alphabet)
    texts = [LONG, TURN.answer or "", *(chunk.text for chunk in CHUNKS)]
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        eos_token="[SEP]",
        unk_token="[UNK]",
        model_max_length=128,
    )


Make = Callable[..., Path]


@pytest.fixture(scope="session")
def make(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A tiny model of a kind in a folder, as the hub would hold it."""
    import torch
    import transformers as hf

    small = {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 16}
    small |= {"intermediate_size": 32, "vocab_size": len(tokenizer)}
    t5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    t5 |= {"vocab_size": len(tokenizer), "decoder_start_token_id": 0, "num_labels": 2}

    def build(kind: str, labels: tuple[str, ...] = (), bias: tuple[float, ...] = ()) -> Path:
        torch.manual_seed(7)
        folder = tmp_path_factory.mktemp(kind)
        names = {"id2label": dict(enumerate(labels))} if labels else {"num_labels": 2}
        most = 512 if kind == "spans" else 128
        limits = {"max_position_embeddings": most + 2, "pad_token_id": 0}
        if kind == "nli":
            model = hf.BertForSequenceClassification(hf.BertConfig(**small, **limits, **names))
        elif kind == "spans":
            config = hf.ModernBertConfig(**small, **limits, **names, cls_token_id=1, sep_token_id=2)
            model = hf.ModernBertForTokenClassification(config)
        elif kind == "minicheck-t5":
            model = hf.T5ForConditionalGeneration(hf.T5Config(**t5))
        else:
            model = hf.T5ForTokenClassification(hf.T5Config(**t5))
        if bias:
            model.classifier.weight.data.zero_()
            model.classifier.bias.data = torch.tensor(bias)
        model.save_pretrained(folder)
        tokenizer.model_max_length = most
        tokenizer.save_pretrained(folder)
        return folder

    return build


def judged(folder: Path, *turns: Turn, **more: Any) -> list[Evaluation]:
    from groundwire_evaluators.judges.local.evaluator import LocalJudge

    return evaluate(LocalJudge(str(folder), **more), turns or [TURN])


NLI = ("contradiction", "neutral", "entailment")


def test_a_claim_has_the_best_belief_of_its_chunks(make: Make, tokenizer: Any) -> None:
    import torch
    import transformers as hf

    folder = make("nli", NLI)
    [found] = judged(folder)
    model = hf.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    claim = "The library opens at nine."
    premises = [*(chunk.text for chunk in CHUNKS), "\n".join(chunk.text for chunk in CHUNKS)]
    with torch.inference_mode():
        reported = [
            model(**tokenizer(premise, claim, return_tensors="pt")).logits.softmax(-1)[0, 2].item()
            for premise in premises
        ]
    best = max(range(3), key=reported.__getitem__)
    assert found.claims[1].text == claim
    assert found.claims[1].support == pytest.approx(reported[best], abs=1e-4)
    assert found.claims[1].chunk == (best if best < 2 else None)
    assert found.claims[0].verdict is Verdict.NOT_A_CLAIM


@pytest.mark.parametrize(
    ("labels", "bias", "verdict", "value"),
    [
        (NLI, (0.0, 0.0, 9.0), Verdict.SUPPORTED, 1.0),
        (NLI, (9.0, 0.0, 0.0), Verdict.CONTRADICTED, 0.0),
        (NLI, (0.0, 9.0, 0.0), Verdict.UNSUPPORTED, 0.0),
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), (9.0, 0.0, 0.0), Verdict.SUPPORTED, 1.0),
        (("entailment", "not_entailment"), (0.0, 9.0), Verdict.UNSUPPORTED, 0.0),
        ((), (0.0, 9.0), Verdict.SUPPORTED, 1.0),  # MiniCheck's, without names
    ],
)
def test_the_verdict_follows_the_labels_that_the_model_names(
    make: Make, labels: Any, bias: Any, verdict: Verdict, value: float
) -> None:
    [found] = judged(make("nli", labels, bias))
    assert (found.state, found.value, found.flagged) == (State.SCORED, value, value < 1)
    assert {claim.verdict for claim in found.claims[1:]} == {verdict}


def test_long_contexts_are_read_in_windows_and_batches_change_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundwire_evaluators.judges.local import models

    folder = make("nli", NLI)
    turns = [replace(TURN, chunks=(*CHUNKS, Chunk(text=LONG))), TURN, TURN]
    together = judged(folder, *turns)
    monkeypatch.setattr(models, "BATCH", 1)
    singly = judged(folder, *turns)
    for one, other in zip(together, singly, strict=True):
        assert one.value == other.value
        for claim, again in zip(one.claims, other.claims, strict=True):
            assert claim.chunk == again.chunk
            assert claim.support == pytest.approx(again.support, abs=1e-4)
    assert together[1] == together[2]
    long = together[0].claims[1].support
    assert long is not None
    assert long >= (together[1].claims[1].support or 0.0) - 0.05


@pytest.mark.parametrize("kind", ["minicheck-t5", "hhem"])
def test_models_that_write_or_mark_are_read_where_they_say_it(
    make: Make, tokenizer: Any, kind: str
) -> None:
    import torch
    import transformers as hf

    folder = make(kind)
    if kind == "hhem":
        foundation, folder = folder, as_hhem(folder)
    turn = replace(TURN, chunks=CHUNKS[:1], answer="The library opens at nine.")
    [found] = judged(folder, turn)
    premise, claim = CHUNKS[0].text, turn.answer
    with torch.inference_mode():
        if kind == "hhem":
            model = hf.T5ForTokenClassification.from_pretrained(foundation).eval()
            text = (
                "<pad> Determine if the hypothesis is true given the premise?\n\n"
                f"Premise: {premise}\n\nHypothesis: {claim}"
            )
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0, 0]
        else:
            writer = hf.T5ForConditionalGeneration.from_pretrained(folder).eval()
            inputs = tokenizer(f"predict: {premise}[SEP]{claim}", return_tensors="pt")
            start = torch.zeros((1, 1), dtype=torch.long)
            logits = writer(**inputs, decoder_input_ids=start).logits[0, 0][[3, 209]]
    assert found.claims[0].support == pytest.approx(logits.softmax(-1)[1].item(), abs=1e-4)
    assert found.claims[0].chunk == 0


def as_hhem(foundation: Path) -> Path:
    """The folder as HHEM-2.1-Open is published: its weights under `t5.`, its own configuration."""
    from safetensors.torch import load_file, save_file

    folder = foundation / "hhem"
    folder.mkdir()
    weights = load_file(foundation / "model.safetensors")
    renamed = {f"t5.{name}": tensor.clone() for name, tensor in weights.items()}
    save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    config = {"model_type": "HHEMv2", "foundation": str(foundation), "architectures": ["HHEMv2"]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("bias", "value"), [((9.0, 0.0), 1.0), ((0.0, 9.0), 0.0)], ids=["clean", "marked"]
)
def test_a_model_that_marks_words_gives_their_places(
    make: Make, bias: tuple[float, ...], value: float
) -> None:
    long = replace(TURN, chunks=(*CHUNKS, Chunk(text=LONG)), question=None)
    for turn in (TURN, long):
        [found] = judged(make("spans", (), bias), turn)
        assert (found.state, found.value) == (State.SCORED, value)
        for claim in found.claims[1:]:
            marked = "".join(
                claim.text[s.start - claim.start : s.end - claim.start] for s in claim.spans
            )
            assert marked.strip() == ("" if value else claim.text)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"answer": "I don't know."}, State.REFUSAL),
        ({"answer": "Sure!"}, State.NO_CLAIMS),
        ({"chunks": ()}, State.NO_CONTEXT),
        ({"answer": "word " * 500}, State.NOT_EVALUABLE),
    ],
)
@pytest.mark.parametrize("kind", ["nli", "spans"])
def test_what_cannot_be_judged_is_a_state_and_stops_no_other(
    make: Make, kind: str, change: dict[str, Any], state: State
) -> None:
    found = judged(make(kind), replace(TURN, **change), TURN)
    assert [e.state for e in found] == [state, State.SCORED]
    assert found[0].value is None


def test_the_revision_follows_the_weights(make: Make) -> None:
    from groundwire_evaluators.judges.local.evaluator import LocalJudge

    one, other = make("nli", NLI), make("nli", NLI, (0.0, 0.0, 9.0))
    judges = [LocalJudge(str(folder)) for folder in (one, one, other)]
    revisions = [judge.revision for judge in judges]
    assert revisions[0] == revisions[1] != revisions[2]
    assert judges[0].name == f"hf:{one.name}"


def test_code_of_a_repository_runs_only_of_a_whole_commit(make: Make) -> None:
    from groundwire_evaluators.judges.local.models import ModelName, load_model

    commit = "0123456789abcdef0123456789abcdef01234567"
    assert ModelName.parse(f"acme/judge@{commit}") == ModelName("acme/judge", commit)
    assert ModelName.parse("acme/judge") == ModelName("acme/judge")
    for mutable in ("acme/judge@main", "acme/judge@0123456"):
        with pytest.raises(ValueError, match="not a full commit hash"):
            ModelName.parse(mutable)
    folder = make("nli", NLI)
    (folder / "modeling_evil.py").write_text("raise SystemExit('ran')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "modeling_evil.EvilConfig"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"trust_remote_code|custom code|model type"):
        load_model(ModelName(str(folder)))


def test_a_model_that_is_no_judge_is_refused_in_words(make: Make) -> None:
    from groundwire_evaluators.judges.local.models import ModelName, load_model

    with pytest.raises(ValueError, match="no label means supported"):
        load_model(ModelName(str(make("nli", ("joy", "anger")))))
    folder = make("nli", NLI)
    config = json.loads((folder / "config.json").read_text()) | {"architectures": ["BertModel"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="unsupported model architecture: BertModel"):
        load_model(ModelName(str(folder)))
