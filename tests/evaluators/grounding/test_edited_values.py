"""No edit of a value turns an answer that is not supported into a supported one."""
# ruff: noqa: E501  (tables of sentences)

from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

# What a chunk of each language says, with a slot for the value, the question, and a short answer.
Page = tuple[str, str, str]
PAGES: Mapping[str, Page] = {
    "en": ("The permit for the quarry says {}.", "What does the permit for the quarry say?", "It is {}."),
    "de": ("Die Genehmigung für den Steinbruch nennt {}.", "Was nennt die Genehmigung für den Steinbruch?", "Es ist {}."),
    "fr": ("Le permis de la carrière indique {}.", "Qu'indique le permis de la carrière ?", "C'est {}."),
    "es": ("El permiso de la cantera indica {}.", "¿Qué indica el permiso de la cantera?", "Es {}."),
    "it": ("Il permesso della cava indica {}.", "Che cosa indica il permesso della cava?", "È {}."),
    "pt": ("A licença da pedreira indica {}.", "O que indica a licença da pedreira?", "É {}."),
    "nl": ("De vergunning voor de groeve noemt {}.", "Wat noemt de vergunning voor de groeve?", "Het is {}."),
}  # fmt: skip
UNITS = {
    "en": ("days", "months"), "de": ("Tage", "Monate"), "fr": ("jours", "mois"), "es": ("días", "meses"),
    "it": ("giorni", "mesi"), "pt": ("dias", "meses"), "nl": ("dagen", "maanden"),
}  # fmt: skip
WEEKDAYS = {
    "en": ("Monday", "Friday"), "de": ("Montag", "Freitag"), "fr": ("lundi", "vendredi"),
    "es": ("lunes", "viernes"), "it": ("lunedì", "venerdì"), "pt": ("segunda-feira", "sexta-feira"),
    "nl": ("maandag", "vrijdag"),
}  # fmt: skip
DATES = {
    "en": ("{} March", "{} June"), "de": ("{}. März", "{}. Juni"), "fr": ("{} mars", "{} juin"),
    "es": ("{} de marzo", "{} de junio"), "it": ("{} marzo", "{} giugno"),
    "pt": ("{} de março", "{} de junho"), "nl": ("{} maart", "{} juni"),
}  # fmt: skip
NAMES = ("Leila Haddad", "Gregor Vance", "Margit Olsen", "Tarn & Weir", "Oskar Lindqvist")
NUMBERS = st.integers(13, 89)  # further than any spelling of one is read as another
CODES: Mapping[str, Callable[[int, str], str]] = {
    "number": lambda n, code: str(n),
    "money": lambda n, code: f"€{n}",
    "percent": lambda n, code: f"{n} %",
    "duration": lambda n, code: f"{n} {UNITS[code][0]}",
    "other unit": lambda n, code: f"{n} {UNITS[code][1]}",
    "length": lambda n, code: f"{n} km",
    "mass": lambda n, code: f"{n} kg",
    "temperature": lambda n, code: f"{n} °C",
    "time": lambda n, code: f"{n % 11 + 8}:{n % 6}5",
    "date": lambda n, code: DATES[code][n % 2].format(n % 28 + 1),
    "version": lambda n, code: f"4.{n}.1",
    "weekday": lambda n, code: WEEKDAYS[code][n % 2],
    "name": lambda n, code: NAMES[n % len(NAMES)],
}
GROUNDING = Grounding()


def verdict(code: str, shown: str, claimed: str, bare: bool) -> Verdict | None:
    page, question, short = PAGES[code]
    answer = claimed if bare else short.format(claimed)
    turn = Turn(question=question, answer=answer, chunks=(Chunk(text=page.format(shown)),))
    evaluation = evaluate(GROUNDING, [turn])[0]
    assert evaluation.state is State.SCORED, (evaluation.reason, answer)
    [claim] = [each for each in evaluation.claims if each.verdict is not Verdict.NOT_A_CLAIM]
    return claim.verdict


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(PAGES)), st.sampled_from(sorted(CODES)), NUMBERS, NUMBERS, st.booleans()
)
def test_a_value_that_the_chunk_does_not_show_is_never_supported(
    code: str, kind: str, one: int, other: int, bare: bool
) -> None:
    shown, claimed = CODES[kind](one, code), CODES[kind](other, code)
    right = verdict(code, shown, claimed, bare) is Verdict.SUPPORTED
    assert right == (shown == claimed), (shown, claimed)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PAGES)), st.sampled_from(sorted(CODES)), NUMBERS, NUMBERS, NUMBERS)
def test_no_edit_of_a_wrong_value_makes_it_supported_unless_it_becomes_the_chunks(
    code: str, kind: str, shown: int, wrong: int, edited: int
) -> None:
    right, *answers = (CODES[kind](n, code) for n in (shown, wrong, edited))
    verdicts = [verdict(code, right, answer, bare=False) for answer in answers]
    for answer, found in zip(answers, verdicts, strict=True):
        assert (found is Verdict.SUPPORTED) == (answer == right), (right, answer)
