"""Short answers: judged as the completed statement of their question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.bare_answers import complete, polarity, statement_of_question
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

CHUNK = (
    "A lost badge costs €22 to replace. Badges are printed on Wednesdays by Leila Haddad in "
    "Aarhus. The stripe on a badge for visitors is silver."
)
PRICE = "How much does a lost badge cost to replace?"
PRINTER = "Who prints the badges?"
PLACE = "Where are badges printed?"
COLOUR = "Which colour is the stripe on a badge for visitors?"
GROUNDING = Grounding()


def judge(question: str, answer: str, *chunks: str) -> Evaluation:
    texts = chunks or (CHUNK,)
    turn = Turn(question=question, answer=answer, chunks=tuple(Chunk(text=text) for text in texts))
    return evaluate(GROUNDING, [turn])[0]


def claim_of(evaluation: Evaluation) -> Claim:
    [claim] = [one for one in evaluation.claims if one.verdict is not Verdict.NOT_A_CLAIM]
    return claim


FORMS = (
    "{}", "{}.", "It is {}.", "The answer is {}.", "**{}**", "{} [1]", "- {}", "<b>{}</b>",
    "According to the passages, it is {}.", "Sure! It is {}. Let me know if you need more.",
    "The answer to your question is {}, as stated in the handbook.",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (PRICE, "€22", "€15"),
        (PRINTER, "Leila Haddad", "Gregor Vance"),
        (PLACE, "Aarhus", "Graz"),
        (COLOUR, "silver", "red"),
        ("On which day are badges printed?", "Wednesdays", "Thursdays"),
    ],
)
def test_a_value_is_judged_alike_however_short_the_answer(
    form: str, question: str, right: str, wrong: str
) -> None:
    assert claim_of(judge(question, form.format(right))).verdict is Verdict.SUPPORTED
    answer = form.format(wrong)
    claim = claim_of(judge(question, answer))
    assert claim.verdict in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
    marked = " ".join(answer[span.start : span.end] for span in claim.spans)
    assert wrong.strip("€s") in marked


def test_the_words_of_a_phrase_must_stand_together() -> None:
    chunk = "The red door leads to the hall. The garden gate is locked at night."
    found = claim_of(judge("Which way in is locked?", "The red gate", chunk))
    assert found.verdict is not Verdict.SUPPORTED
    assert claim_of(judge("Which way in is locked?", "The garden gate", chunk)).verdict is (
        Verdict.SUPPORTED
    )


POOL = "The swimming hall is closed on Mondays. Children under 8 swim with an adult."


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("Is the swimming hall open on Mondays?", "No.", True),
        ("Is the swimming hall open on Mondays?", "No, it isn't.", True),
        ("Is the swimming hall open on Mondays?", "Yes.", False),
        ("Is the swimming hall closed on Mondays?", "Yes, it is.", True),
        ("Is the swimming hall closed on Mondays?", "No", False),
        ("True or false: the swimming hall is open on Mondays.", "False.", True),
        ("True or false: the swimming hall is open on Mondays.", "True.", False),
    ],
)
def test_yes_and_no_are_judged_as_what_was_asked(question: str, answer: str, right: bool) -> None:
    claim = claim_of(judge(question, answer, POOL))
    assert (claim.verdict is Verdict.SUPPORTED) == right


@pytest.mark.parametrize(
    ("question", "chunk", "yes"),
    [
        ("Can goats come?", "Goats are not admitted to the meadow.", False),
        ("Are goats welcome?", "Goats may enter the meadow.", True),
        ("Can I take photos?", "Taking photos is prohibited in the vault.", False),
        ("Do I need a permit?", "No permit is required for the upper lake.", False),
        ("Is breakfast included?", "The rate covers breakfast and linen.", True),
        ("Did Brack buy Ostler?", "Ostler acquired Brack in 2017.", False),
        ("Was the dam finished in 1902?", "The dam was finished in 1911.", False),
        ("Dürfen Ziegen mit?", "Ziegen sind auf der Wiese nicht zugelassen.", False),
        ("Les chèvres sont-elles admises ?", "Les chèvres sont autorisées dans le pré.", True),
        ("¿Se permiten cabras?", "No se admiten cabras en el prado.", False),
        ("Le capre sono ammesse?", "Le capre non sono consentite nel prato.", False),
        ("As cabras são permitidas?", "Não são admitidas cabras no prado.", False),
        ("Mogen geiten mee?", "Geiten zijn in de wei toegestaan.", True),
    ],
)
def test_yes_and_no_are_judged_across_synonyms(question: str, chunk: str, yes: bool) -> None:
    words = {"Dürfen": "Ja|Nein", "Les": "Oui|Non", "¿Se": "Sí|No", "Le": "Sì|No", "As": "Sim|Não"}
    words["Mogen"] = "Ja|Nee"
    says, denies = words.get(question.split()[0], "Yes|No").split("|")
    right, wrong = (says, denies) if yes else (denies, says)
    assert claim_of(judge(question, f"{right}.", chunk)).verdict is Verdict.SUPPORTED
    assert claim_of(judge(question, f"{wrong}.", chunk)).verdict is Verdict.CONTRADICTED


def test_a_yes_to_what_no_chunk_speaks_of_is_not_supported() -> None:
    found = judge("Can goats come to the cafeteria terrace?", "Yes.", "Goats may enter the meadow.")
    assert claim_of(found).verdict is Verdict.UNSUPPORTED


TOURS = "The harbour tour takes 40 minutes. The cliff tour takes 3 hours."


@pytest.mark.parametrize(
    ("question", "chunk", "right", "wrong"),
    [
        ("How long does the harbour tour take?", TOURS, "40 minutes", "3 hours"),
        ("What does the deluxe cabin cost?", "The plain cabin costs €70. The deluxe cabin costs "
         "€95.", "€95", "€70"),
        ("Who restored the organ?", "The organ was restored by Ida Lund. The bells were cast by "
         "Jon Moe.", "Ida Lund", "Jon Moe"),
        ("Wie lange gilt der Ausweis?", "Der Ausweis gilt drei Jahre. Die Karte gilt sechs Wochen.",
         "Drei Jahre.", "Sechs Wochen."),
        ("Combien coûte le petit vélo ?", "Le petit vélo coûte 8 euros. Le casque coûte 5 euros.",
         "8 euros", "5 euros"),
    ],
)  # fmt: skip
def test_a_value_that_answers_another_question_is_not_supported(
    question: str, chunk: str, right: str, wrong: str
) -> None:
    assert claim_of(judge(question, right, chunk)).verdict is Verdict.SUPPORTED
    assert claim_of(judge(question, wrong, chunk)).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("question", "answer", "chunk"),
    [
        ("How long is the extended pass valid?", "60 days",
         "The pass is valid for 30 days. It can be extended to 60 days."),
        ("What does the deluxe cabin cost at weekends?", "€120",
         "The deluxe cabin costs €95. At weekends the price is €120."),
        ("How long is the trip?", "3 hours", "The trip starts at 9:00. The journey takes 3 hours."),
    ],
)  # fmt: skip
def test_a_value_of_a_sentence_that_goes_on_is_in_its_place(
    question: str, answer: str, chunk: str
) -> None:
    assert claim_of(judge(question, answer, chunk)).verdict is Verdict.SUPPORTED


def test_a_letter_stands_for_its_option() -> None:
    question = "When is it closed? (A) on Fridays (B) on Mondays"
    assert complete("(B)", question) is not None
    assert claim_of(judge(question, "(B)", POOL)).verdict is Verdict.SUPPORTED
    assert claim_of(judge(question, "A", POOL)).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("answer", "says"),
    [("Yes.", True), ("Ja, das ist richtig.", True), ("Non.", False), ("No, it doesn't", False),
     ("Yes, on Mondays.", None), ("Nobody", None), ("", None)],
)  # fmt: skip
def test_a_bare_yes_or_no_is_distinguished_from_an_answer_with_words_of_its_own(
    answer: str, says: bool | None
) -> None:
    assert polarity(answer) is says


def test_only_a_question_for_yes_or_no_makes_a_statement() -> None:
    assert statement_of_question("Is smoking allowed?") == "smoking allowed"
    assert statement_of_question("Smoking is allowed, right?") == "Smoking is allowed"
    assert statement_of_question("How long is the leave?") is None
    assert statement_of_question("Is it red or blue?") is None


def test_a_claim_that_no_chunk_speaks_of_is_never_supported() -> None:
    found = judge("May I bring my dog?", "The soup tastes best with basil.", "Dogs may come along.")
    assert claim_of(found).verdict is Verdict.UNSUPPORTED


VALUES = st.one_of(
    st.integers(23, 9_999).map(lambda n: f"€{n}"),
    st.integers(2, 9_999).filter(lambda n: n != 22).map(str),
    st.integers(2, 99).filter(lambda n: n != 22).map(lambda n: f"{n} days"),
    st.sampled_from(["Gregor Vance", "Margit Olsen", "Graz", "Thursday", "green", "3 May"]),
)


@given(VALUES, st.sampled_from(FORMS), st.sampled_from([PRICE, PRINTER, PLACE, COLOUR]))
def test_no_value_that_no_chunk_shows_makes_a_short_answer_supported(
    value: str, form: str, question: str
) -> None:
    evaluation = judge(question, form.format(value))
    assert evaluation.state is State.SCORED
    assert claim_of(evaluation).verdict in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
    assert evaluation.flagged


CODES = "E41 means low pressure. E42 means that the filter is blocked."


@pytest.mark.parametrize(
    ("answer", "right"), [("Low pressure.", False), ("The filter is blocked.", True)]
)
def test_words_beside_another_code_than_the_questions_are_not_supported(
    answer: str, right: bool
) -> None:
    turn = Turn(question="What does E42 mean?", answer=answer, chunks=(Chunk(text=CODES),))
    [claim] = Grounding(reader=None).judge(turn).claims
    assert (claim.verdict is Verdict.SUPPORTED) is right


def test_an_item_of_a_bare_list_that_no_chunk_has_is_not_supported() -> None:
    chunk = Chunk(text="Bring a towel, a padlock and indoor shoes.")
    turn = Turn(question="What should I bring?", answer="- a towel\n- a blanket", chunks=(chunk,))
    verdicts = [claim.verdict for claim in Grounding(reader=None).judge(turn).claims]
    assert verdicts == [Verdict.SUPPORTED, Verdict.UNSUPPORTED]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Tuition, books and lunch are included.", True),
        ("Tuition and lunch.", True),
        ("Tuition, books and housing are included.", False),
        ("Lunch and housing.", False),
    ],
)
def test_each_of_the_things_that_an_answer_lists_must_occur(answer: str, right: bool) -> None:
    chunk = Chunk(text="The fee includes tuition, books and lunch.")
    turn = Turn(question="What is included?", answer=answer, chunks=(chunk,))
    [claim] = Grounding(reader=None).judge(turn).claims
    assert (claim.verdict is Verdict.SUPPORTED) is right
