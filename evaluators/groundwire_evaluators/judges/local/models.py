"""Loading and inference of entailment models.

What a model is, its own configuration says; no code of a model's repository runs, but of one that
is named with its commit (`NAME@COMMIT`, 40 hexadecimal digits) and that transformers does not know.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
import transformers
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig

from groundwire_evaluators.judges.local.windows import windows

BATCH = 16
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_TOKENS = 4096  # of a model that names no limit, or a larger one
_UNLIMITED = 10**6  # tokenizers without a limit give a huge one
_ENTAILS = re.compile(r"entail|support|consistent|faithful", re.IGNORECASE)
_NOT = re.compile(r"^(?:non|not|un|in)[ _-]?", re.IGNORECASE)
_CONTRADICTS = re.compile(r"contradict|refut", re.IGNORECASE)
_HHEM = "HHEMv2"
_HHEM_PROMPT = (
    "<pad> Determine if the hypothesis is true given the premise?\n\n"
    "Premise: {text1}\n\nHypothesis: {text2}"
)
_MINICHECK_TOKENS = (3, 209)  # of T5: "▁" (not supported) and "▁1" (supported), as it was trained


@dataclass(frozen=True, slots=True)
class ModelName:
    """Model name or path, optionally pinned to a commit."""

    path: str
    commit: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ModelName":
        """Parse `NAME` or `NAME@COMMIT`; raises ValueError for an incomplete commit."""
        path, at, commit = text.rpartition("@")
        if not at or Path(text).exists():
            return cls(text)
        if not _COMMIT.fullmatch(commit):
            raise ValueError(f"{commit!r} is not a full commit hash (40 hexadecimal digits)")
        return cls(path, commit)

    @property
    def options(self) -> dict[str, Any]:
        return {"revision": self.commit} if self.commit else {}


@dataclass(frozen=True, slots=True)
class Belief:
    """Class probabilities of a pair; two-class models have no contradiction."""

    support: float
    conflict: float = 0.0


class PairModel(Protocol):
    """Interface of models that score (premise, claim) pairs."""

    def believe(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]: ...

    def room(self, claim: str) -> int:
        """Tokens left for a premise next to the claim."""
        ...

    def pieces(self, text: str, length: int) -> list[str]: ...


class _Loaded:
    """Tokenizer and model, on an accelerator if available."""

    template = "{premise} {claim}"

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self.tokenizer = tokenizer
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = model.to(self.device).eval()
        self.most_tokens = _most_tokens(tokenizer, model.config)

    def count(self, text: str) -> int:
        """Tokens of a text, whatever its length."""
        return len(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def room(self, claim: str) -> int:
        around = self.count(self.template.format(premise="", claim=""))
        special = self.tokenizer.num_special_tokens_to_add(pair=True)
        return self.most_tokens - around - int(special) - self.count(claim) - 4

    def pieces(self, text: str, length: int) -> list[str]:
        """The text in windows of at most `length` tokens."""
        options = {"add_special_tokens": False, "verbose": False, "return_offsets_mapping": True}
        encoded = self.tokenizer(text, **options)
        offsets = [(start, end) for start, end in encoded["offset_mapping"] if end > start]
        return [text[start:end] for start, end in windows(offsets, length)]

    def believe(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]:
        """In batches of about equal length."""
        order = sorted(range(len(pairs)), key=lambda at: sum(map(len, pairs[at])))
        found: dict[int, Belief] = {}
        for first in range(0, len(order), BATCH):
            places = order[first : first + BATCH]
            with torch.inference_mode():
                beliefs = self.ask([pairs[place] for place in places])
            found |= dict(zip(places, beliefs, strict=True))
        return [found[place] for place in range(len(pairs))]

    def ask(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]:
        raise NotImplementedError

    def encoded(self, *texts: list[str]) -> Any:
        options = {"padding": True, "truncation": True, "max_length": self.most_tokens}
        return self.tokenizer(*texts, return_tensors="pt", **options).to(self.device)


class Classifier(_Loaded):
    """Cross-encoder: NLI with any labels, or MiniCheck's two classes.

    MiniCheck (Tang et al. 2024, https://arxiv.org/abs/2404.10774) was trained on premise and claim
    as one text with its end mark between; NLI models on pairs.
    """

    def __init__(self, tokenizer: Any, model: Any) -> None:
        super().__init__(tokenizer, model)
        labels = {int(at): str(name) for at, name in model.config.id2label.items()}
        self.named = not all(re.fullmatch(r"LABEL_\d+", name) for name in labels.values())
        entails = [n for n, name in labels.items() if _says(_ENTAILS, name)] if self.named else [1]
        if len(entails) != 1 or len(labels) < 2:
            raise ValueError(f"no label means supported: {labels}")
        self.entails = entails[0]
        conflicts = [n for n, name in labels.items() if _CONTRADICTS.search(name)]
        self.conflicts = conflicts[0] if conflicts and len(labels) > 2 else None

    def ask(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]:
        if self.named:
            inputs = self.encoded([premise for premise, _ in pairs], [claim for _, claim in pairs])
        else:
            end = self.tokenizer.eos_token or self.tokenizer.sep_token
            inputs = self.encoded([end.join(pair) for pair in pairs])
        shares = self.model(**inputs).logits.float().softmax(-1)
        conflict = self.conflicts
        return [
            Belief(row[self.entails].item(), row[conflict].item() if conflict is not None else 0.0)
            for row in shares
        ]


class Hhem(_Loaded):
    """HHEM-2.1-Open: T5 classifier, verdict at the first token.

    Loaded from its weights and the configuration of its foundation, without the code of its
    repository.
    """

    template = _HHEM_PROMPT.format(text1="{premise}", text2="{claim}")

    def __init__(self, tokenizer: Any, model: Any, prompt: str = _HHEM_PROMPT) -> None:
        super().__init__(tokenizer, model)
        self.prompt = prompt

    def ask(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]:
        texts = [self.prompt.format(text1=premise, text2=claim) for premise, claim in pairs]
        logits = self.model(**self.encoded(texts)).logits[:, 0, :]
        return [Belief(share.item()) for share in logits.float().softmax(-1)[:, 1]]


class MiniCheckT5(_Loaded):
    """MiniCheck-Flan-T5: probability of the first generated token."""

    template = "predict: {premise} {claim}"

    def ask(self, pairs: Sequence[tuple[str, str]]) -> list[Belief]:
        end = self.tokenizer.eos_token
        inputs = self.encoded([f"predict: {premise}{end}{claim}" for premise, claim in pairs])
        start = torch.full((len(pairs), 1), self.model.config.decoder_start_token_id or 0)
        logits = self.model(**inputs, decoder_input_ids=start.to(self.device)).logits[:, 0, :]
        shares = logits[:, list(_MINICHECK_TOKENS)].float().softmax(-1)
        return [Belief(share.item()) for share in shares[:, 1]]


class SpanModel(_Loaded):
    """LettuceDetect: token classifier that marks unsupported spans of an answer.

    Kovács and Recski 2025, https://arxiv.org/abs/2502.17125.
    """

    def doubts(self, prompts: Sequence[str], answer: str) -> list[tuple[int, int, float]]:
        """Probability per answer token of being unsupported by any context window.

        (start, end, probability) of each token of the answer: the least over the prompts, each of
        which holds another part of the context.
        """
        least: dict[tuple[int, int], float] = {}
        for prompt in prompts:
            encoded = self.tokenizer(
                prompt,
                answer,
                truncation="only_first",
                max_length=self.most_tokens,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            offsets = encoded.pop("offset_mapping")[0].tolist()
            belongs = encoded.sequence_ids(0)
            with torch.inference_mode():
                shares = self.model(**encoded.to(self.device)).logits[0].float().softmax(-1)[:, 1]
            for (start, end), owner, share in zip(offsets, belongs, shares.tolist(), strict=True):
                if owner == 1 and end > start:
                    least[start, end] = min(share, least.get((start, end), 1.0))
        return [(start, end, share) for (start, end), share in sorted(least.items())]


def load_model(name: ModelName) -> PairModel | SpanModel:
    """Load a model by its configuration.

    Raises ValueError for an unknown kind of model, and what transformers raises where it cannot be
    loaded.
    """
    config, _ = PretrainedConfig.get_config_dict(name.path, **name.options)
    if config.get("model_type") == _HHEM:
        return _hhem(name, config)
    architectures = config.get("architectures") or [""]
    options = name.options | ({"trust_remote_code": True} if name.commit else {})
    tokenizer = AutoTokenizer.from_pretrained(name.path, **options)

    def loaded(kind: Any) -> Any:
        return kind.from_pretrained(name.path, dtype=torch.float32, **options)

    if architectures[0].endswith("ForTokenClassification"):
        return SpanModel(tokenizer, loaded(transformers.AutoModelForTokenClassification))
    if architectures[0].endswith("ForSequenceClassification"):
        return Classifier(tokenizer, loaded(transformers.AutoModelForSequenceClassification))
    if config.get("is_encoder_decoder") and architectures[0].startswith("T5"):
        return MiniCheckT5(tokenizer, loaded(transformers.AutoModelForSeq2SeqLM))
    raise ValueError(f"unsupported model architecture: {architectures[0] or 'none'}")


def identity_of(name: ModelName) -> str:
    """Identity of a model in a judge's revision: commit, or digest of a folder."""
    folder = Path(name.path)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:12]
    config, _ = PretrainedConfig.get_config_dict(name.path, **name.options)
    return str(name.commit or config.get("_commit_hash") or "unknown")[:12]


def _hhem(name: ModelName, config: dict[str, Any]) -> Hhem:
    foundation = config.get("foundation") or "google/flan-t5-base"
    made = AutoConfig.from_pretrained(foundation)
    model = transformers.T5ForTokenClassification.from_pretrained(
        name.path, config=made, dtype=torch.float32, key_mapping={"^t5\\.": ""}, **name.options
    )
    prompt = config.get("prompt") or _HHEM_PROMPT
    return Hhem(AutoTokenizer.from_pretrained(foundation), model, prompt)


def _most_tokens(tokenizer: Any, config: Any) -> int:
    limits = [tokenizer.model_max_length]
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        limits.append(positions - 2)  # RoBERTa counts its positions from 2
    return min([_MOST_TOKENS, *(int(limit) for limit in limits if 0 < limit < _UNLIMITED)])


def _says(pattern: re.Pattern[str], label: str) -> bool:
    """Whether a label matches one of the words, and not its opposite."""
    return bool(pattern.search(label)) and not _NOT.match(label)
