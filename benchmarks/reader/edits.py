"""Edits: rules that change what a sentence says, by kind of error.

`EDITS` maps the name of a rule to the rule and the class of its result: contradicted where the
source says otherwise, not there where it says nothing of it, unsupported where either may be.
"""

import re
from typing import NamedTuple

from benchmarks.reader.pairs import Relation
from benchmarks.reader.phrases import DAYS, MONTHS, SMALL, capital, lower
from benchmarks.reader.rewordings import ACTIVE
from benchmarks.reader.sentences import (
    AUXILIARY,
    NAME,
    NUMBER,
    Context,
    Rule,
    both_ways,
    names,
    put,
    replace_word,
    replacing,
    sentence_before,
    tables,
)


class Edit(NamedTuple):
    """A rule and the class of the claims that it makes."""

    rule: Rule
    relation: Relation = Relation.CONTRADICTED


_NEGATION = re.compile(r"(?: not|n't|n’t| never)\b")
_AFFIRMED = re.compile(rf"\b({AUXILIARY})\b(?! not|n't)")
_DOES = {
    "includes": "include", "requires": "require", "provides": "provide", "becomes": "become",
    "takes": "take", "makes": "make", "uses": "use", "gives": "give", "causes": "cause",
    "believes": "believe", "lives": "live", "serves": "serve", "contains": "contain",
    "offers": "offer", "allows": "allow", "helps": "help", "needs": "need", "shows": "show",
    "works": "work", "means": "mean", "supports": "support", "covers": "cover", "costs": "cost",
    "remains": "remain", "wants": "want", "says": "say", "owns": "own", "plays": "play",
    "accepts": "accept", "sells": "sell", "attracts": "attract", "features": "feature",
}  # fmt: skip
_VERB = re.compile(rf"\b({'|'.join(_DOES)})\b")
_SHORT = {"can": "cannot", "will": "won't", "may": "may not", "must": "must not"}


def negate(context: Context, sentence: str) -> str | None:
    """Put in "not", or take it out."""
    denied = _NEGATION.search(sentence)
    if denied:
        bare = put(sentence, denied.span(), "")
        return re.sub(r"\bwo(?= )", "will", re.sub(r"\bca(?= )", "can", bare))
    verbs = list(_VERB.finditer(sentence))
    auxiliaries = list(_AFFIRMED.finditer(sentence))
    if verbs and (not auxiliaries or context.draw.random() < 0.4):
        verb = context.draw.choice(verbs)
        does = context.draw.choice(["does not", "doesn't"])
        return put(sentence, verb.span(), f"{does} {_DOES[verb.group()]}")
    if not auxiliaries:
        return None
    first = context.draw.random() < 0.7
    found = auxiliaries[0] if first else context.draw.choice(auxiliaries)
    return put(sentence, found.span(), _denied(context, found.group()))


def _denied(context: Context, verb: str) -> str:
    if " " in verb:
        return verb.replace(" ", " not ")
    if context.draw.random() < 0.4:
        return _SHORT.get(verb, f"{verb}n't")
    return "cannot" if verb == "can" else f"{verb} not"


_DENYING_WORDS = {
    "with": "without", "some": "no", "to": "not to", "often": "never", "usually": "never",
    "sometimes": "never", "always": "never", "there is": "there is no longer",
    "there are": "there are no longer",
}  # fmt: skip
_DENIABLE = re.compile(rf"\b({'|'.join(_DENYING_WORDS)})\b(?= [a-z])")


def negative_word(_: Context, sentence: str) -> str | None:
    """Negation by a word: without, no, never, no longer."""
    match = _DENIABLE.search(sentence)
    return put(sentence, match.span(), _DENYING_WORDS[match.group()]) if match else None


def antonym(context: Context, sentence: str) -> str | None:
    return replace_word(context, sentence, context.wordnet.antonyms)


def digits(context: Context, sentence: str) -> str | None:
    """Another number: one of the text, or one digit changed."""
    found = list(NUMBER.finditer(sentence))
    if not found:
        return None
    match = context.draw.choice(found)
    old = match.group()
    elsewhere = [
        other.group()
        for other in NUMBER.finditer(context.text)
        if other.group() not in sentence and len(other.group()) in (len(old), len(old) + 1)
    ]
    if elsewhere and context.draw.random() < 0.5:
        return put(sentence, match.span(), context.draw.choice(elsewhere))
    at = context.draw.choice([k for k, char in enumerate(old) if char.isdigit()])
    digit = str((int(old[at]) + context.draw.randint(1, 8)) % 10 or 1)
    new = old[:at] + digit + old[at + 1 :]
    return put(sentence, match.span(), new) if new != old else None


def number_word(context: Context, sentence: str) -> str | None:
    found = list(re.finditer(rf"\b({'|'.join(SMALL[2:])})\b", sentence))
    if not found:
        return None
    match = context.draw.choice(found)
    rivals = [word for word in SMALL[2:13] if word != match.group()]
    return put(sentence, match.span(), context.draw.choice(rivals))


def other_name(context: Context, sentence: str) -> str | None:
    """Another name of the text in place of one."""
    found = names(context, sentence)
    rivals = [
        other.group()
        for other in names(context, context.text)
        if not any(part in sentence for part in other.group().split())
    ]
    if not found or not rivals:
        return None
    return put(sentence, context.draw.choice(found).span(), context.draw.choice(rivals))


def names_exchanged(context: Context, sentence: str) -> str | None:
    found = names(context, sentence)
    if len(found) < 2:
        return None
    one, other = sorted(context.draw.sample(found, 2), key=lambda match: match.start())
    between = sentence[one.end() : other.start()]
    joined = between.strip() in (",", "and", ", and", "or", "&")
    if one.group() == other.group() or joined:
        return None
    return sentence[: one.start()] + other.group() + between + one.group() + sentence[other.end() :]


_BY = re.compile(
    r"^([^,]{3,60}?) (was|were|has been|have been|is|are) ([a-z]+) by "
    r"((?:the |a |an )?[\w'-]+(?: [A-Z][\w'-]+)*)([ ,.].*)$"
)


def roles_exchanged(context: Context, sentence: str) -> str | None:
    """Who did it and to whom change places, active or passive."""
    passive = _BY.match(sentence)
    if passive and passive[3] in context.wordnet.past:
        done = f"{passive[2]} {passive[3]} by {lower(passive[1])}"
        return f"{capital(passive[4])} {done}{passive[5]}"
    match = ACTIVE.match(sentence)
    if not match or match[2] not in context.wordnet.past | context.wordnet.present:
        return None
    if match[1].split()[0].lower() in ("it", "he", "she", "they", "this", "these", "there"):
        return None
    return f"{capital(match[3])} {match[2]} {lower(match[1])}{match[4]}"


def than_exchanged(_: Context, sentence: str) -> str | None:
    match = re.match(
        r"^([^,]{3,40}?) ((?:is|are|was|were|has|have|had) [^.]*?than) ([^,.]{3,40}?)\.?$", sentence
    )
    return f"{capital(match[3])} {match[2]} {lower(match[1])}." if match else None


def from_to(_: Context, sentence: str) -> str | None:
    match = re.search(r"\bfrom ([\w$%.,' -]{2,30}?) to ([\w$%.,'-]+(?: [A-Z][\w-]+)?)", sentence)
    if not match:
        return None
    stop = "." if match[2].endswith(".") else ""
    return put(sentence, match.span(), f"from {match[2].rstrip('.,')} to {match[1]}{stop}")


def wrong_pronoun(context: Context, sentence: str) -> str | None:
    """ "Anna met Tom. She sang." as "Tom sang."."""
    match = re.match(r"^(He|She|It) (?=\w)", sentence)
    name = NAME.match(sentence_before(context, sentence)) if match else None
    if not match or not name:
        return None
    rivals = [
        other.group()
        for other in names(context, context.text)
        if other.group() != name.group() and other.group() not in sentence
    ]
    return f"{context.draw.choice(rivals)} {sentence[match.end() :]}" if rivals else None


_LIST = re.compile(r"\b([\w'-]+), ([\w'-]+),? and ([\w'-]+)\b")


def list_changed(context: Context, sentence: str) -> str | None:
    match = _LIST.search(sentence)
    others = [other for other in _LIST.finditer(context.text) if other.group() not in sentence]
    if not match or not others:
        return None
    new = context.draw.choice(context.draw.choice(others).groups())
    if new in sentence:
        return None
    return put(sentence, match.span(), f"{match[1]}, {new} and {match[3]}")


def only_added(_: Context, sentence: str) -> str | None:
    match = re.search(r"\b(in|on|for|by|with|at) (?=[a-zA-Z])", sentence)
    if not match or "only" in sentence:
        return None
    return put(sentence, (match.start(), match.start()), "only ")


def reason_reversed(_: Context, sentence: str) -> str | None:
    match = re.match(r"^([^,]{12,80}?),? (because|so that|so) ([^,]{10,80})\.$", sentence)
    return f"{capital(match[3])} {match[2]} {lower(match[1])}." if match else None


def _calendar() -> dict[str, list[str]]:
    table = {
        word.lower(): [other for other in group if other != word]
        for group in (MONTHS, DAYS)
        for word in group
        if word not in ("May", "March")
    }
    return table | _tables["calendar"]


_tables: dict[str, dict[str, list[str]]] = tables()["edits"]  # type: ignore[assignment]
EDITS: dict[str, Edit] = {
    "opposite": Edit(replacing(both_ways(str(_tables["opposites"])))),
    "quantifier": Edit(replacing(_tables["quantifier"]), Relation.UNSUPPORTED),
    "certainty": Edit(replacing(_tables["certainty"]), Relation.UNSUPPORTED),
    "unit_size": Edit(replacing(_tables["unit_size"])),
    "calendar": Edit(replacing(_calendar())),
    "only_added": Edit(only_added, Relation.UNSUPPORTED),
    "list_changed": Edit(list_changed, Relation.UNSUPPORTED),
} | {
    rule.__name__: Edit(rule)
    for rule in (
        negate, negative_word, antonym, digits, number_word, other_name, names_exchanged,
        roles_exchanged, than_exchanged, from_to, wrong_pronoun, reason_reversed,
    )
}  # fmt: skip
HELD_OUT = frozenset(
    "than_exchanged from_to list_changed only_added reason_reversed negative_word calendar "
    "number_word".split()
)
"""Edits never trained on."""

# Edits that need a second sentence.

_SUBJECT = re.compile(rf"^([^,;:]{{3,50}}?) ((?:{AUXILIARY}|has|have)\b .{{12,}})$")
_TAIL = re.compile(
    r",? (?:because|in order to|so that|which|while|especially|such as|including|by \w+ing|"
    r"after \w+ing|and then|as well as|with (?:a|an|the)|for (?:a|an|the|up to)|until|unless|when|"
    r"if|and (?:is|was|are|has|also|the|it|they|then|can|will|may)\b) ?[^.;:]{8,90}$"
)
_PRONOUNS = frozenset("it he she they we you i this that these those there who which what".split())
_SILENCE = (
    "The passage does not mention", "The text does not say", "It is not specified",
    "There is no information on", "The context gives no answer to",
)  # fmt: skip


def subjects_exchanged(sentence: str, other: str) -> str | None:
    """The subject of one sentence with what another sentence says."""
    one, two = _SUBJECT.match(sentence), _SUBJECT.match(other)
    if not one or not two or _is_pronoun(one[1]) or _is_pronoun(two[1]):
        return None
    if one[1].lower() == two[1].lower() or one[2][:25] == two[2][:25]:
        return None
    return f"{one[1]} {two[2]}"


def _is_pronoun(subject: str) -> bool:
    return subject.split()[0].lower() in _PRONOUNS


def detail_added(context: Context, sentence: str, other: str) -> str | None:
    """The last clause of another sentence, hung onto this one."""
    tail = _TAIL.search(other.rstrip("."))
    if not tail or len(sentence.split()) > 26:
        return None
    head = sentence.rstrip(".")
    cut = _TAIL.search(head)
    if cut and cut.start() > 25 and context.draw.random() < 0.3:
        head = head[: cut.start()]
    return f"{head}{tail.group()}."


def silence(context: Context, sentence: str) -> str | None:
    """A claim that the text is silent about what this sentence says."""
    match = _SUBJECT.match(sentence)
    if not match or _is_pronoun(match[1]):
        return None
    subject, predicate = lower(match[1]), match[2].rstrip(".")
    verb, _, rest = predicate.partition(" ")
    start = context.draw.choice(_SILENCE)
    if start.endswith(("mention", "on")) and context.draw.random() < 0.4:
        return f"{start} {subject}."
    return f"{start} whether {subject} {verb} {rest}."
