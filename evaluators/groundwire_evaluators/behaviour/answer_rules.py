"""Exact rules for answers: exact match, regex, JSON, JSON schema, counts, language."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from groundwire_evaluators.behaviour.json_answers import InvalidJsonError, json_value, unfenced
from groundwire_evaluators.text.languages import language_of, name_of
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import WORD

_AROUND = " \t\r\n*_`\"'“”‘’«».,;:!?()[]<>"
_SHOWN = 40  # characters of an answer that a reason shows


class RuleError(ValueError):
    """A rule that cannot be read; the message says what is wrong."""


class AnswerRule(Protocol):
    """Exact rule: the same answer always gets the same verdict."""

    def failure(self, answer: str) -> str | None:
        """Why the answer breaks the rule; None where it holds."""
        ...


@dataclass(frozen=True, slots=True)
class ExactRule:
    """Exact match, up to case, spacing, quotes and a closing mark."""

    accepted: tuple[str, ...]

    def failure(self, answer: str) -> str | None:
        if normalized(answer) in {normalized(each) for each in self.accepted}:
            return None
        return f"{_shown(answer)} is not {' or '.join(map(repr, self.accepted))}"


@dataclass(frozen=True, slots=True)
class RegexRule:
    """Match of a regular expression; `^` and `$` are the answer's ends."""

    pattern: re.Pattern[str]

    def failure(self, answer: str) -> str | None:
        if self.pattern.search(answer.strip()):
            return None
        return f"no match of {self.pattern.pattern!r}"


@dataclass(frozen=True)
class JsonRule:
    """JSON, valid under a schema where one is set.

    Schemas of draft 4 to 2020-12, by their `$schema` (default 2020-12). References are resolved
    inside the schema only: nothing is fetched. Price: 10 to 200 microseconds an answer.
    """

    schema: Mapping[str, Any] | bool | None = field(default=None)

    def failure(self, answer: str) -> str | None:
        try:
            value = json_value(answer)
        except InvalidJsonError as error:
            return str(error)
        if self._validator is None:
            return None
        from referencing.exceptions import Unresolvable

        try:
            found = next(iter(self._validator.iter_errors(value)), None)
        except Unresolvable as error:
            return f"schema: {error}"
        return None if found is None else f"schema: {found.json_path}: {_cut(found.message)}"

    @cached_property
    def _validator(self) -> Any:
        """Compiled once. Raises RuleError where the schema is none."""
        if self.schema is None:
            return None
        from jsonschema import SchemaError  # 60 ms that only schemas need
        from jsonschema.validators import Draft202012Validator, validator_for

        chosen = validator_for(self.schema, default=Draft202012Validator)
        try:
            chosen.check_schema(self.schema)
        except SchemaError as error:
            raise RuleError(f"schema: {error.message}") from error
        return chosen(self.schema)


class Counted(StrEnum):
    """What a count rule counts."""

    WORDS = "words"
    SENTENCES = "sentences"
    LINES = "lines"  # that are not empty
    ITEMS = "items"  # list items: lines that begin with a bullet or a number
    VALUES = "values"  # of a JSON array, or the parts between commas of a line


@dataclass(frozen=True, slots=True)
class CountRule:
    """Least and most words, sentences, lines, items or values."""

    of: Counted
    least: int = 0
    most: int | None = None

    def failure(self, answer: str) -> str | None:
        found = count(self.of, answer)
        if found < self.least:
            return f"{found} {self.of}, at least {self.least} wanted"
        if self.most is not None and found > self.most:
            return f"{found} {self.of}, at most {self.most} wanted"
        return None


@dataclass(frozen=True, slots=True)
class LanguageRule:
    """Language of the answer: an ISO 639-1 code of `text.words`."""

    code: str

    def failure(self, answer: str) -> str | None:
        found = language_of(answer)
        if found is not None and found.code == self.code:
            return None
        return f"in {found.name if found else name_of(answer)}, not {self.code}"


@dataclass(frozen=True, slots=True)
class EveryRule:
    """Several rules, all of which must hold."""

    rules: tuple[AnswerRule, ...]

    def failure(self, answer: str) -> str | None:
        failures = (rule.failure(answer) for rule in self.rules)
        return next((each for each in failures if each is not None), None)


def rule_of(record: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> AnswerRule:
    """Read a rule; several keys or a list mean all.

    Keys: `exact` (a text or a list), `regex`, `json` (true), `schema` (a JSON schema), `count`
    (`{"of": "words", "least": 1, "most": 3}`), `language` (ISO 639-1).

    Raises:
        RuleError: an unknown key, or a value that is none.

    >>> from groundwire_evaluators.behaviour.answer_rules import rule_of
    >>> rule = rule_of({"count": {"of": "words", "most": 2}, "regex": "^New"})
    >>> rule.failure("New York"), rule.failure("New York City")
    (None, '3 words, at most 2 wanted')
    """
    records = [record] if isinstance(record, Mapping) else list(record)
    rules = [_one(name, value) for each in records for name, value in _mapping(each).items()]
    if not rules:
        raise RuleError(f"no rule; known: {', '.join(_RULES)}")
    return rules[0] if len(rules) == 1 else EveryRule(tuple(rules))


def normalized(text: str) -> str:
    """A short answer without case, spacing, quotes, emphasis and closing marks."""
    plain = unicodedata.normalize("NFKC", unfenced(text)).casefold()
    return " ".join(plain.strip(_AROUND).split())


def count(of: Counted, answer: str) -> int:
    """Number of words, sentences, lines, items or values of an answer."""
    match of:
        case Counted.WORDS:
            return len(WORD.findall(answer))
        case Counted.SENTENCES:
            return sum(1 for _ in sentences(answer))
        case Counted.LINES:
            return sum(1 for line in answer.splitlines() if line.strip())
        case Counted.ITEMS:
            return sum(1 for line in answer.splitlines() if _ITEM.match(line))
        case Counted.VALUES:
            return _values(answer)


_ITEM = re.compile(r"\s*(?:[-*+•–]|\(?\d{1,3}[.)])\s+\S")


def _values(answer: str) -> int:
    try:
        value = json_value(answer)
    except InvalidJsonError:
        return sum(1 for part in answer.split(",") if part.strip())
    return len(value) if isinstance(value, list | dict) else 1


def _exact(value: Any) -> AnswerRule:
    accepted = [value] if isinstance(value, str) else value
    if not isinstance(accepted, list) or not all(isinstance(each, str) for each in accepted):
        raise RuleError("exact: a text or a list of texts")
    return ExactRule(tuple(accepted))


def _regex(value: Any) -> AnswerRule:
    try:
        return RegexRule(re.compile(value))
    except (re.error, TypeError) as error:
        raise RuleError(f"regex: {error}") from error


def _json(value: Any) -> AnswerRule:
    if value is not True:
        raise RuleError("json: only true")
    return JsonRule()


def _schema(value: Any) -> AnswerRule:
    if not isinstance(value, Mapping | bool):
        raise RuleError("schema: a JSON schema, as an object")
    rule = JsonRule(value)
    assert rule._validator is not None  # checked here, not at the first answer
    return rule


def _count(value: Any) -> AnswerRule:
    try:
        return CountRule(Counted(value["of"]), **{k: v for k, v in value.items() if k != "of"})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        known = ", ".join(Counted)
        raise RuleError(f"count: of ({known}), least and most, not {value!r}") from error


def _language(value: Any) -> AnswerRule:
    if not isinstance(value, str):
        raise RuleError("language: an ISO 639-1 code")
    return LanguageRule(value)


_RULES = {
    "exact": _exact,
    "regex": _regex,
    "json": _json,
    "schema": _schema,
    "count": _count,
    "language": _language,
}


def _one(name: str, value: Any) -> AnswerRule:
    if name not in _RULES:
        raise RuleError(f"unknown rule {name!r}; known: {', '.join(_RULES)}")
    return _RULES[name](value)


def _mapping(record: Any) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise RuleError(f"a rule is an object, not {record!r}")
    return record


def _shown(answer: str) -> str:
    return repr(_cut(" ".join(answer.split())))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
