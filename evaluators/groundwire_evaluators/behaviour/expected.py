"""Expected behaviour per service: format, language and tone, from a TOML file."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from groundwire_evaluators.behaviour.answer_rules import AnswerRule, RuleError, rule_of
from groundwire_evaluators.behaviour.tone import ToneError, ToneReference
from groundwire_evaluators.text.words import LANGUAGES

Check = Callable[[str], bool | str | None]
_RULES = ("json", "schema", "regex", "count", "exact")
_KNOWN = {*_RULES, "check", "language", "tone"}


class BehaviourFileError(ValueError):
    """Unreadable file of expected behaviour; the message says where."""


@dataclass(frozen=True, slots=True)
class CheckRule:
    """User's own check: true where valid, else false or a reason."""

    name: str
    function: Check

    def failure(self, answer: str) -> str | None:
        """Raises whatever the function raises."""
        found = self.function(answer)
        if found is True or found is None:
            return None
        return found if isinstance(found, str) else f"{self.name} says no"


@dataclass(frozen=True, slots=True)
class ExpectedBehaviour:
    """Expected behaviour of one service: format, language, tone.

    Nothing is expected by default. `format`: a rule that each answer obeys. `language`:
    ISO 639-1, instead of the question's. `tones`: reference styles by language.
    """

    format: AnswerRule | None = None
    language: str | None = None
    tones: Mapping[str, ToneReference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BehaviourFile:
    """Expected behaviour by service.

    The empty name is of all others; `digest` is of the file."""

    services: Mapping[str, ExpectedBehaviour] = field(default_factory=dict)
    digest: str = ""

    @classmethod
    def load(cls, path: Path) -> "BehaviourFile":
        """Read a TOML file; paths in it are relative to it.

        Raises:
            BehaviourFileError: the file, or one that it names, is missing or wrong.
        """
        try:
            content = path.read_bytes()
            tables = tomllib.loads(content.decode("utf-8")).get("services", {})
            read = partial(_expected, folder=path.parent)
            services = {_name(name): read(table) for name, table in tables.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BehaviourFileError(f"{path}: {error}") from error
        return cls(services, hashlib.blake2b(content, digest_size=3).hexdigest())

    def of(self, service: str) -> ExpectedBehaviour:
        """What is expected of a service."""
        return self.services.get(service) or self.services.get("") or NOTHING


NOTHING = ExpectedBehaviour()


def has_own_check(path: Path) -> bool:
    """Whether a file names a user's own check.

    That runs in a process of its own."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("services", {})
        return any("check" in table for table in tables.values())
    except (OSError, ValueError, AttributeError, TypeError):
        return False  # the evaluator says what is wrong with it


def _name(service: str) -> str:
    return "" if service == "*" else service


def _expected(table: Mapping[str, Any], folder: Path) -> ExpectedBehaviour:
    if unknown := set(table) - _KNOWN:
        raise RuleError(f"unknown {', '.join(sorted(unknown))}; known: {', '.join(sorted(_KNOWN))}")
    language = table.get("language")
    if language is not None and language not in LANGUAGES:
        raise RuleError(f"language {language!r}; known: {', '.join(LANGUAGES)}")
    tones = _tones(folder / table["tone"]) if "tone" in table else {}
    return ExpectedBehaviour(_format(table, folder), language, tones)


def _format(table: Mapping[str, Any], folder: Path) -> AnswerRule | None:
    wanted = {name: table[name] for name in _RULES if name in table}
    if isinstance(wanted.get("schema"), str):
        wanted["schema"] = json.loads((folder / wanted["schema"]).read_text(encoding="utf-8"))
    rules = [rule_of(wanted)] if wanted else []
    if "check" in table:
        rules.append(CheckRule(table["check"], _function(table["check"])))
    if len(rules) == 2:
        return _Both(*rules)
    return rules[0] if rules else None


@dataclass(frozen=True, slots=True)
class _Both:
    first: AnswerRule
    second: AnswerRule

    def failure(self, answer: str) -> str | None:
        return self.first.failure(answer) or self.second.failure(answer)


def _function(name: str) -> Check:
    module, colon, attribute = name.partition(":")
    if not colon:
        raise RuleError(f"check {name!r}: write module:function")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise RuleError(f"check {name}: {error}") from error
    if not callable(found):
        raise RuleError(f"check {name}: no function")
    checked: Check = found
    return checked


def _tones(path: Path) -> dict[str, ToneReference]:
    try:
        languages = json.loads(path.read_text(encoding="utf-8"))["languages"]
        return {language: ToneReference.from_json(each) for language, each in languages.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ToneError(f"tone {path.name}: write it by `groundwire tone`") from error
