import pytest

from groundwire_evaluators.text.refusal import declines, is_refusal


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know.",
        "Unable to answer based on given passages.",
        "The provided passages do not mention the price of the ticket.",
        "I'm sorry, but I cannot find that in the documents.",
        # Cites what is there instead.
        "The provided documents contain no details about parental leave. They only cover sick "
        "leave [1].",
        "Die bereitgestellten Dokumente enthalten keine Angaben zum Preis. Sie behandeln nur die "
        "Lieferzeiten.",
        "Das weiß ich leider nicht. Ich weiß es nicht.",
        "Je ne sais pas.",
        "Lo siento, no tengo información suficiente para responder.",
        "Non lo so.",
        "Não sei.",
        "Ik weet het niet.",
        "申し訳ありませんが、その情報は記載されていません。",
        "无法回答这个问题。",
    ],
)
def test_an_answer_that_only_declines_is_a_refusal(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "No.",
        "No, the drug is not approved.",
        "The policy does not cover dental care.",
        "Das Gerät enthält keine Batterien.",
        "There is no evidence that vitamin C prevents colds.",
        "The passages do not say when, but the bridge opened in 1932.",
        "The report does not include Q4 numbers. Revenue was $5M in Q3.",
        "I'm not sure but his books have been translated into 42 languages.",
    ],
)
def test_an_answer_that_says_something_is_none(answer: str) -> None:
    assert not is_refusal(answer)


def test_one_sentence_may_decline_inside_an_answer() -> None:
    assert declines("However, the passages do not mention the exact cause.")
    assert not declines("The exact cause is a virus.")
