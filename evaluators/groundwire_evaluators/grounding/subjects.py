"""Subject of a question's statement: who did what "Who …?" asks for.

"Who came first?" beside "Mara Lund came first, ahead of Tom Reade": the name before the words of
the question did it, one behind them did not. Seven languages, active sentences alone.
"""

from collections.abc import Iterator, Sequence, Set

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.tokens import Token, fold, keys
from groundwire_evaluators.text.words import Language

_ASKING = frozenset("who wer qui quien chi quem wie".split())
# Who won, and whoever did this to somebody.
_WINNING = {
    "en": ("won win wins", "beat beats defeated defeats"),
    "de": ("gewann gewonnen gewinnt", "besiegte besiegt schlug schlägt"),
    "fr": ("gagné gagne", "battu bat vaincu"),
    "es": ("ganó gana ganado", "venció derrotó"),
    "it": ("vinto vince vinse", "battuto sconfisse sconfitto"),
    "pt": ("ganhou venceu", "derrotou bateu"),
    "nl": ("won gewonnen wint", "versloeg verslaat"),
}
_SPACE = 2  # small words between a name and its verb: "Mara Lund was the first"
_AGENT = 3  # words from a verb to the name of who did it: "founded there by Lena"
_BY = frozenset("by von par por da pelo pela door dal dalla".split())
_JOINING = frozenset("and or und oder et ou y e ed en with mit avec con com met".split())


def other_subjects(
    names: Sequence[Name],
    question: Sequence[Token],
    passages: Sequence[Passage],
    language: Language,
) -> list[Name]:
    """Names given for "Who …?" that chunks have as the object instead.

    A sentence must hold all the words of the question behind another name, and the answer's name
    behind them; no sentence may have the answer's name before them.
    """
    if not question or fold(question[0].text) not in _ASKING:
        return []
    verb_keys = [t.key for t in question[1:] if t.lower not in language.stop]
    if not verb_keys:
        return []
    wordings = [verb_keys, *_other_wordings(question, language)]
    question_words = {fold(token.text) for token in question}
    found = []
    for name in names:
        sides = [
            side
            for passage in passages
            if not (passage.record or passage.tables or passage.row)
            for index in range(len(passage.bounds))
            for keys in wordings
            if (side := _side(name, keys, question_words, passage, index, language)) is not None
        ]
        if sides and all(side == "object" for side in sides):
            found.append(name)
    return found


def _other_wordings(question: Sequence[Token], language: Language) -> Iterator[list[str]]:
    """Verbs by which a sentence says who won: "Halden beat Moss"."""
    won, beaten = (frozenset(words.split()) for words in _WINNING.get(language.code, ("", "")))
    if not won.isdisjoint([token.lower for token in question]):
        table = keys(language.stemmer)
        yield from ([key] for key in sorted({table[verb] for verb in beaten}))


def _side(
    name: Name,
    verb_keys: Sequence[str],
    question_words: Set[str],
    passage: Passage,
    index: int,
    language: Language,
) -> str | None:
    """Whether a name is the subject or the object of the asked words in a sentence."""
    tokens = passage.sentence(index)
    keys = [token.key for token in tokens]
    own = [at for at, token in enumerate(tokens) if fold(token.text) in name.words]
    if not own or not set(verb_keys) <= set(keys):
        return None
    first = keys.index(verb_keys[0])
    last = max(keys.index(key) for key in verb_keys)
    whole = range(tokens[min(first, last)].start, tokens[max(first, last)].end)
    others = (n for n in passage.names_of(index) if not {*n.words} <= question_words)
    if any(each.start in whole for each in others):
        return None  # "Ada came first, Bo second": the words belong to several
    agents = [each for each in passage.names_of(index) if _is_agent(each, tokens, first)]
    if agents:  # "It was founded by Lena Fisk"
        return _beside(name, own, agents, tokens)
    if min(own) < first:
        return "subject"  # or beside it: nobody is accused
    rivals = [each for each in passage.names_of(index) if not set(each.words) & set(name.words)]
    subject = next((r for r in rivals if _precedes(r, tokens, first, language)), None)
    if subject is None or {fold(t.text) for t in tokens if t.key in verb_keys} & set(subject.words):
        return None
    between = {token.lower for token in tokens[first : min(own)]}
    return None if between & _JOINING else "object"


def _is_agent(name: Name, tokens: Sequence[Token], verb: int) -> bool:
    """Whether a name stands behind "by" close behind a verb."""
    at = next((i for i, token in enumerate(tokens) if token.start >= name.start), 0)
    return verb < at <= verb + _AGENT and tokens[at - 1].lower in _BY


def _beside(
    name: Name, own: Sequence[int], agents: Sequence[Name], tokens: Sequence[Token]
) -> str | None:
    """Whether a name is an agent, listed with one (None), or another than they."""
    if any({*name.words} & {*agent.words} for agent in agents):
        return "subject"
    end = max(agent.end for agent in agents)
    between = [token.lower for token in tokens if end <= token.start < tokens[min(own)].start]
    listed = len(between) <= _SPACE and bool(_JOINING.intersection(between))
    return None if listed else "object"


def _precedes(name: Name, tokens: Sequence[Token], at: int, language: Language) -> bool:
    """Whether a name stands before a word with nothing but small words between."""
    last = max((i for i, token in enumerate(tokens) if token.start < name.end), default=-1)
    between = tokens[last + 1 : at]
    return (
        last < at
        and len(between) <= _SPACE
        and all(token.lower in language.stop for token in between)
        and tokens[last].end >= name.end - 2
    )
