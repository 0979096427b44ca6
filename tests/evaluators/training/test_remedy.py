"""Training sets that teach reading."""

import pytest

from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.training import findings
from groundwire_evaluators.training.example import TrainingExample, read_examples
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.remedy import Finding, FindingKind, Remedy, RemedyFormat
from groundwire_evaluators.training.stale_facts import FactChecker, stale_facts
from groundwire_evaluators.turn import Chunk, Turn


def finding(number: int, rejected: str | None = "memory") -> Finding:
    return Finding(
        kind=FindingKind.OVERRIDE,
        question=f"What is fact {number}?",
        chunk=f"Fact {number} is value {number}.",
        answer=f"It is value {number}.",
        distractors=("Another page.", "A third page.", "A fourth page."),
        rejected=rejected,
    )


FOUND = [finding(number) for number in range(200)]


@pytest.mark.parametrize("form", RemedyFormat)
def test_an_exported_record_is_read_as_a_training_example(form: RemedyFormat) -> None:
    [record] = Remedy().training_set([finding(3)], form)
    _, [example] = read_examples(record, line=1)
    assert (example.question, example.answer) == ("What is fact 3?", "It is value 3.")
    assert "Fact 3 is value 3." in example.prompt
    assert "Another page." in example.prompt


def test_the_right_chunk_stands_at_every_place() -> None:
    places = {Remedy().passages(each).index(each.chunk) for each in FOUND}
    assert places == {0, 1, 2}


def test_a_question_is_exported_once_and_on_one_side() -> None:
    trained, held = Remedy(held_out=0.2).divide([*FOUND, *FOUND])
    assert len(trained) + len(held) == len(FOUND)
    assert 20 < len(held) < 60
    _, still = Remedy(held_out=0.2).divide(reversed(FOUND))
    assert {each.question for each in still} == {each.question for each in held}


def test_questions_of_one_fact_are_not_divided() -> None:
    pairs = [
        Finding(
            kind=FindingKind.STALE_FACT,
            question=f"{ask} fact {number}?",
            chunk=f"Fact {number} is value {number}.",
            answer=f"It is value {number}.",
        )
        for number in range(100)
        for ask in ("What is", "Say, which is")
    ]
    trained, held = Remedy(held_out=0.3).divide(pairs)
    assert held
    assert not {each.group for each in trained} & {each.group for each in held}


def test_preferences_choose_the_contexts_answer_over_memorys() -> None:
    [pair] = Remedy().preferences([finding(1), finding(2, rejected=None)], RemedyFormat.CHAT)
    assert pair["chosen"] == [{"role": "assistant", "content": "It is value 1."}]
    assert pair["rejected"] == [{"role": "assistant", "content": "memory"}]
    assert pair["prompt"][0]["role"] == "system"


def test_examples_to_decline_show_no_right_chunk() -> None:
    remedy = Remedy(declines="The passages do not say.", declined=1.0)
    records = remedy.training_set([finding(1)], RemedyFormat.ALPACA)
    [declining] = [each for each in records if each["output"] == "The passages do not say."]
    assert "Fact 1" not in declining["input"]


def test_held_out_questions_have_contexts_and_a_reference() -> None:
    [question] = Remedy().questions([finding(1)])
    assert question["reference"] == "It is value 1."
    assert "Fact 1 is value 1." in question["contexts"]


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_leaves_nothing_to_train_on_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="held_out"):
        Remedy(held_out=share)


def test_a_stale_fact_becomes_a_question_with_its_chunk_and_others() -> None:
    search = PassageSearch([
        Chunk(text="The canteen opens at 11:30."),
        Chunk(text="The workshop opens at 8:00."),
    ])  # fmt: skip
    example = TrainingExample(line=4, question="When does the canteen open?", answer="At 12:00.")
    facts = stale_facts([FactChecker(search, Grounding()).check(example)])
    [found] = findings.of_stale_facts(facts, search)
    assert (found.answer, found.rejected) == ("The canteen opens at 11:30.", "At 12:00.")
    assert found.distractors == ("The workshop opens at 8:00.",)


def test_a_flagged_turn_is_answered_by_its_reference() -> None:
    turn = Turn(
        id="t1",
        question="When does the canteen open?",
        answer="At 12:00.",
        reference="At half past eleven.",
        chunks=(Chunk(text="Soup is free."), Chunk(text="The canteen opens at 11:30.")),
    )
    found = findings.of_turn(turn, FindingKind.FLAGGED, Grounding())
    assert found is not None
    assert (found.answer, found.chunk) == ("At half past eleven.", "The canteen opens at 11:30.")
    assert found.distractors == ("Soup is free.",)


def test_a_turn_whose_chunks_do_not_answer_gives_no_finding() -> None:
    turn = Turn(question="How tall is the tower?", answer="9 m", chunks=(Chunk(text="Soup."),))
    assert findings.of_turn(turn, FindingKind.OVERRIDE, Grounding()) is None
