"""Behaviour evaluator: what an answer is like, apart from what it claims."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from groundwire_evaluators.behaviour.expected import BehaviourFile, ExpectedBehaviour
from groundwire_evaluators.behaviour.habits import citation_count, emoji_count, markup_share
from groundwire_evaluators.behaviour.json_answers import (
    InvalidJsonError,
    json_value,
    looks_like_json,
)
from groundwire_evaluators.behaviour.measured_text import LANGUAGE_SAMPLE, MeasuredText
from groundwire_evaluators.behaviour.reading_level import lix
from groundwire_evaluators.behaviour.register import formality
from groundwire_evaluators.behaviour.repetition import loops, repetition
from groundwire_evaluators.behaviour.tone import FEWEST_WORDS, profile
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.preconditions import restates
from groundwire_evaluators.text.languages import could_be, language_of
from groundwire_evaluators.text.markup import UnfinishedError, without_reasoning
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.text.words import LANGUAGES, Language
from groundwire_evaluators.turn import Turn

REVISION = "1"
FEWEST_QUESTION_WORDS = 3  # that tell the language of a question
LONGEST_REFUSAL = 1_200  # code points of an answer that does nothing but decline
FAULTS = ("invalid_format", "broken_json", "other_language", "loop")


@dataclass(frozen=True)
class Behaviour:
    """Measures format, length, language, refusal, repetition, style, tone, latency and tokens.

    `value` is 1 where nothing is wrong with the form of the answer, 0 where its format is invalid,
    its JSON broken, its language not the question's, or where it loops; `reason` names what.
    Signals (docs/reference/behaviour.md has each with its source): `invalid_format` (of a service
    with a rule), `broken_json` (of answers that begin as JSON), `other_language`, `refusal` and
    `loop` are 0 or 1; `answer_words`, `citations` and `emoji` counts; `repetition` and `markup`
    shares in [0, 1]; `reading_level` LIX; `formality` in [0, 100]; `tone_distance` in [0, 2];
    `retrieval_seconds`, `first_token_seconds`, `generation_seconds`, `input_tokens` and
    `output_tokens` those of the turn. A measure that does not apply is left out.

    `file` is the TOML file of expected behaviour per service (`expected.BehaviourFile`), empty for
    none; its digest is part of the revision. No model, no network.
    Price: about 0.2 ms an answer of 100 words; linear up to 20,000 characters.

    >>> from groundwire_evaluators.behaviour import Behaviour
    >>> from groundwire_evaluators.turn import Turn
    >>> found = Behaviour().judge(Turn(question="Which days?", answer='{"days": [1, 2'))
    >>> found.value, found.reason
    (0.0, 'broken_json: not JSON: Expecting ',' delimiter: line 1 column 15 (char 14)')
    """

    file: str = ""
    name: str = field(default="behaviour", init=False)
    revision: str = field(default=REVISION, init=False)
    _expected: BehaviourFile = field(default_factory=BehaviourFile, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises BehaviourFileError where the file cannot be read."""
        if self.file:
            found = BehaviourFile.load(Path(self.file))
            object.__setattr__(self, "_expected", found)
            object.__setattr__(self, "revision", f"{REVISION}+{found.digest}")

    def judge(self, turn: Turn) -> Evaluation:
        """Measure one answer."""
        signals = dict(_spent(turn))
        try:
            reason, text = turn.not_evaluable_reason, _text(turn)
        except UnfinishedError as error:
            reason, text = str(error), None
        if reason or text is None:
            return self._evaluation(State.NOT_EVALUABLE, None, reason or "no answer", signals)
        expected = self._expected.of(turn.service)
        answer = MeasuredText.of(text)
        found = _Faults(answer, expected).of(turn, text)
        signals |= {name: float(fault is not None) for name, fault in found.items()}
        signals |= _style(turn, answer, text, expected)
        wrong = [f"{name}: {fault}" for name, fault in found.items() if fault is not None]
        return self._evaluation(State.SCORED, float(not wrong), "; ".join(wrong) or None, signals)

    def _evaluation(
        self, state: State, value: float | None, reason: str | None, signals: Mapping[str, float]
    ) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=state,
            value=value,
            reason=reason,
            signals=signals,
        )


def _text(turn: Turn) -> str | None:
    return None if turn.answer is None else without_reasoning(turn.answer).text.strip()


def _spent(turn: Turn) -> Iterator[tuple[str, float]]:
    """Seconds and tokens of the turn, as far as its spans say."""
    for name in (
        "retrieval_seconds",
        "first_token_seconds",
        "generation_seconds",
        "input_tokens",
        "output_tokens",
    ):
        if (value := getattr(turn, name)) is not None:
            yield name, float(value)


@dataclass(frozen=True, slots=True)
class _Faults:
    """Faults of form: reason by name, None where there is none."""

    answer: MeasuredText
    expected: ExpectedBehaviour

    def of(self, turn: Turn, text: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        if self.expected.format is not None:
            found["invalid_format"] = self.expected.format.failure(text)
        is_json = looks_like_json(text)
        if is_json:
            found["broken_json"] = _broken(text)
        elif self.answer.words and (wanted := self._language(turn)) is not None:
            found["other_language"] = self._other(wanted)
        found["loop"] = "repeats itself" if loops(self.answer.lower, self.answer.lines) else None
        return found

    def _language(self, turn: Turn) -> Language | None:
        if self.expected.language:
            return LANGUAGES[self.expected.language]
        question = turn.question or ""
        if question.count(" ") < FEWEST_QUESTION_WORDS - 1:
            return None
        return _language_of(question[:LANGUAGE_SAMPLE])

    def _other(self, wanted: Language) -> str | None:
        if self.answer.language is not None and self.answer.language.code == wanted.code:
            return None
        if could_be(self.answer.text[:LANGUAGE_SAMPLE], wanted):
            return None
        name = self.answer.language.name if self.answer.language else "another language"
        return f"{name}, not {wanted.name}"


def _broken(text: str) -> str | None:
    try:
        json_value(text)
    except InvalidJsonError as error:
        return str(error)
    return None


def _style(
    turn: Turn, answer: MeasuredText, text: str, expected: ExpectedBehaviour
) -> dict[str, float]:
    """Measures of style; of JSON only those that make sense for it."""
    signals: dict[str, float | None] = {
        "answer_words": float(len(answer.words)),
        "refusal": float(_declines(turn, text)),
        "repetition": repetition(answer.lower),
        "citations": float(citation_count(answer.text) + len(turn.cited)),
        "emoji": float(emoji_count(answer.text)),
        "markup": markup_share(answer.lines),
    }
    if answer.language is not None and text[:1] not in "{[":
        signals["reading_level"] = lix(answer.words, answer.sentences)
        signals["formality"] = formality(answer.lower, answer.language.code)
        tone = expected.tones.get(answer.language.code)
        if tone is not None and len(answer.words) >= FEWEST_WORDS:
            signals["tone_distance"] = round(tone.distance_of(profile(answer.text)), 4)
    return {name: value for name, value in signals.items() if value is not None}


def _declines(turn: Turn, text: str) -> bool:
    return len(text) <= LONGEST_REFUSAL and is_refusal(text) and not restates(text, turn.chunks)


_language_of = lru_cache(maxsize=256)(language_of)  # of questions, which recur
