"""Duplicates, contradictions and leaks of a training file; novelty of questions."""

from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.file_audit import audit, leaked_questions
from groundwire_evaluators.training.novelty import novelty_curve
from groundwire_evaluators.training.question_index import QuestionIndex


def examples(*pairs: tuple[str, str]) -> list[TrainingExample]:
    return [TrainingExample(line=at, question=q, answer=a) for at, (q, a) in enumerate(pairs, 1)]


def test_the_same_question_and_answer_in_other_dress_is_a_duplicate() -> None:
    found = audit(examples(("Who leads?", "Ines."), ("who leads", "ines"), ("Where?", "Here.")))
    assert (found.examples, found.questions, found.duplicates) == (3, 2, 1)
    assert found.contradictions == ()


def test_two_answers_to_one_question_are_a_contradiction() -> None:
    found = audit(examples(("How long?", "24 months"), ("How long?", "36 months")))
    assert found.contradictions == ((2, 1),)


def test_an_evaluation_question_in_the_file_is_a_leak() -> None:
    trained = ["Where is the canteen of the north wing?", "Who leads the workshop?"]
    index = QuestionIndex.build(trained)
    questions = ["Where is the canteen in the north wing?", "What does lunch cost?"]
    [leak] = leaked_questions(questions, index, lines=[3, 9])
    assert (leak.question, leak.line) == (questions[0], 3)


def test_novelty_bins_count_each_turn_once() -> None:
    bins = novelty_curve([(0.0, True), (0.25, True), (0.26, False), (0.9, False), (1.0, True)])
    assert [(each.turns, each.supported) for each in bins] == [
        (1, 1),
        (1, 1),
        (1, 0),
        (0, 0),
        (2, 1),
    ]
    assert bins[3].share is None
