"""Pairs from supported claims: classes, marked words, details that the evidence lacks."""

from itertools import islice
from random import Random

from benchmarks.reader.claim_pairs import ClaimPairs
from benchmarks.reader.edits import HELD_OUT
from benchmarks.reader.labelled import LabelledClaim
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.text_pairs import changed_words
from benchmarks.reader.wordnet import WordNet

SUBJECTS = "museum library station bakery school harbour".split()


def claim(number: int, relation: Relation = Relation.SUPPORTED) -> LabelledClaim:
    subject = SUBJECTS[number % len(SUBJECTS)]
    text = f"The {subject} is open to all visitors every day after the works of 19{number + 20}."
    evidence = f"All visitors can enter the {subject}. Works ended in 19{number + 20}."
    return LabelledClaim(
        Pair(text, evidence, relation, "set:ragtruth", ()),
        "ragtruth",
        "qa",
        "a",
        f"s{number}",
        False,
    )


def made(count: int = 400) -> list[Pair]:
    claims = [claim(number) for number in range(40)]
    claims += [claim(number, Relation.NOT_THERE) for number in range(40, 60)]
    return list(islice(ClaimPairs(claims, Random(3), WordNet()).pairs(), count))


def test_every_class_is_made_and_edits_held_out_are_not() -> None:
    pairs = made()
    assert {pair.relation for pair in pairs} >= {Relation.SUPPORTED, Relation.CONTRADICTED}
    assert HELD_OUT.isdisjoint(pair.rule.removeprefix("claim:") for pair in pairs)


def test_only_supported_claims_are_used() -> None:
    texts = {f"19{number + 20}" for number in range(40, 60)}
    assert not any(year in pair.evidence for pair in made() for year in texts)


def test_an_edit_marks_the_words_that_it_changed() -> None:
    negated = [pair for pair in made() if pair.rule == "claim:negate" and pair.wrong_words]
    assert negated
    for pair in negated:
        [(start, end)] = pair.wrong_words or ()
        assert "not" in pair.claim[start:end] or "n't" in pair.claim[start:end]


def test_changed_words_are_those_put_in() -> None:
    after = "The shop never opens at nine"
    [(start, end)] = changed_words("The shop opens at nine", after) or ()
    assert after[start:end] == "never"
    assert changed_words("The shop never opens", "The shop opens") is None
