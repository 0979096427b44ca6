"""What declines: that the sources are silent, never that something is not so."""

import time

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
        "I wasn't able to locate anything about tours. Is there something else I can do for you?",
        "I do not have that detail.",
        "I have no information on group tours.",
        "I'm afraid I can't say.",
        "Nothing in the supplied material answers this.",
        "There's nothing about group tours in the pages I was given.",
        "The brochure is silent on this point.",
        "The answer is not in the context.",
        "That is outside of what I can help with.",
        "Based on the provided text, it is unclear whether group tours exist.",
        "The handbook doesn't say how long it takes.",
        "None of the passages mention a deadline.",
        "Die bereitgestellten Dokumente enthalten keine Angaben zum Preis. Sie behandeln nur die "
        "Lieferzeiten.",
        "Das weiß ich leider nicht. Ich weiß es nicht.",
        "Im Text steht dazu nichts.",
        "Dazu liegen mir keine Informationen vor.",
        "Je ne sais pas.",
        "Le document ne précise pas le délai.",
        "Lo siento, no tengo información suficiente para responder.",
        "El texto no menciona el precio.",
        "Non lo so.",
        "Il documento non specifica la durata.",
        "Não sei.",
        "O texto não menciona o preço.",
        "Ik weet het niet.",
        "De tekst zegt hier niets over.",
        "申し訳ありませんが、その情報は記載されていません。",
        "无法回答这个问题。",
    ],
)
def test_an_answer_that_only_declines_is_a_refusal(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "N/A", "IDK", "Not mentioned.", "Unknown.", "It is not specified.", "No information found.",
        "Not stated in the text.", "Keine Angabe.", "Nicht angegeben.", "Non précisé.",
        "No especificado.", "Non specificato.", "Não informado.", "Niet vermeld.",
    ],
)  # fmt: skip
def test_a_few_words_that_give_no_answer_are_a_refusal(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "No.",
        "None.",
        "No, the drug is not approved.",
        "The policy does not cover dental care.",
        "There is no evidence that vitamin C prevents colds.",
        "The passages do not say when, but the bridge opened in 1932.",
        "The report does not include Q4 numbers. Revenue was $5M in Q3.",
        "I'm not sure but his books have been translated into 42 languages.",
        "I don't know. 1932.",
    ],
)
def test_an_answer_that_says_something_is_none(answer: str) -> None:
    assert not is_refusal(answer)


@pytest.mark.parametrize(
    "denial",
    [
        "Unfortunately, the warranty does not cover water damage.",
        "We do not have a minimum order quantity.",
        "We cannot give refunds after 30 days.",
        "Article 12 does not cover freelancers.",
        "The plan has no data limit.",
        "Sorry, the pool is not open on Mondays.",
        "We are not able to deliver to islands.",
        "It is not possible to give a ticket to another person.",
        "The results do not include the postal votes.",
        "The file does not contain viruses.",
        "Staff found no indication of a fault.",
        "I don't have a car.",
        "Das Gerät enthält keine Batterien.",
        "Sie können das Formular nicht online finden.",
        "Der Preis enthält keine Steuern.",
        "Le gâteau ne contient pas de gluten.",
        "Je n'ai pas de voiture.",
        "El precio no incluye el IVA.",
        "No hay gastos de envío.",
        "La torta non contiene glutine.",
        "Non ci sono costi di spedizione.",
        "O preço não inclui o café da manhã.",
        "Não há taxa de entrega.",
        "De prijs is niet inclusief ontbijt.",
        "Er zijn geen verzendkosten.",
    ],
)
def test_what_denies_a_fact_is_a_claim(denial: str) -> None:
    assert not declines(denial)


def test_one_sentence_may_decline_inside_an_answer() -> None:
    assert declines("However, the passages do not mention the exact cause.")
    assert not declines("The exact cause is a virus.")


@pytest.mark.parametrize(
    "text", ["not ", "the text ", "no information ", "the document is ", "in "]
)
def test_looking_for_a_refusal_takes_bounded_time(text: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        declines(text * size)
        return time.process_time() - start

    seconds(10)
    assert seconds(20_000) < 0.05 + 20 * seconds(100)
