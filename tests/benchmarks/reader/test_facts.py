"""Invented facts: their sentences, classes and hold-out."""

from itertools import islice
from random import Random

import pytest

from benchmarks.reader.facts import Facts, schemas
from benchmarks.reader.pairs import Relation

TRAINED = list(islice(Facts(Random(1)).pairs(), 2000))


@pytest.mark.parametrize("schema", schemas().values(), ids=lambda schema: schema.name)
def test_every_state_says_its_fact_in_several_finished_sentences(schema) -> None:
    for seed in range(5):
        states = schema.states(Random(seed))
        assert len(states) >= 2
        for sentences in states:
            assert len(set(sentences)) >= 2
            assert not any("{" in sentence or ".." in sentence for sentence in sentences)


@pytest.mark.parametrize("schema", schemas().values(), ids=lambda schema: schema.name)
def test_two_states_share_no_sentence(schema) -> None:
    for seed in range(20):
        first, *others = schema.states(Random(seed))
        assert all(set(first).isdisjoint(other) for other in others)


def test_half_of_the_facts_are_supported_and_half_are_relations() -> None:
    supported = sum(pair.relation is Relation.SUPPORTED for pair in TRAINED) / len(TRAINED)
    groups = [schemas()[pair.rule.partition(":")[2]].group for pair in TRAINED]
    assert 0.45 < supported < 0.55
    assert 0.45 < groups.count("relations") / len(groups) < 0.55
    assert 0.15 < groups.count("polarity") / len(groups) < 0.25


def test_held_out_schemas_are_never_made_for_training() -> None:
    made = {pair.rule.partition(":")[2] for pair in TRAINED}
    assert made.isdisjoint(name for name, schema in schemas().items() if schema.held_out)


def test_the_same_seed_makes_the_same_facts() -> None:
    assert list(islice(Facts(Random(1)).pairs(), 50)) == TRAINED[:50]


def test_a_fact_that_is_not_there_is_in_no_sentence_of_its_evidence() -> None:
    for pair in TRAINED:
        if pair.relation is Relation.NOT_THERE:
            assert pair.claim not in pair.evidence
