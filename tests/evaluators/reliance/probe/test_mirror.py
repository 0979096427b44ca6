"""What a model does where the context is wrong."""

import pytest

from groundwire_evaluators.reliance.probe.arms import Arm, Trial, trials
from groundwire_evaluators.reliance.probe.building import ProbeBuilder, SourceDocument
from groundwire_evaluators.reliance.probe.item import ProbePack, ProbeStratum, load_pack
from groundwire_evaluators.reliance.probe.run import (
    ProbeRun,
    RunIdentity,
    judge,
    mirror,
    summarise,
)

SHIPPED = ProbePack("some", load_pack().items[:12])
PAGES = (
    (
        "passes",
        "A lost pass costs 22 euros at the desk.",
        "A lost pass costs 15 euros at the desk.",
    ),
    ("lockers", "A locker is rented for 9 weeks.", "A locker is rented for 6 weeks."),
)
REST = (
    " The desk is in the north wing, beside the stairs, and is run by three colleagues. They also"
    " hand out maps, umbrellas and visitor badges, and they answer the telephone. Whoever loses"
    " something asks there first. Lost property is held in a cupboard behind the desk until its"
    " owner comes to fetch it, and a list of everything that was found hangs beside the door."
)


def stale_pack() -> ProbePack:
    documents = [SourceDocument(name, today + REST) for name, today, _ in PAGES]
    builder = ProbeBuilder(previous=[before for *_, before in PAGES])
    items = builder.from_documents(documents).items
    stale = tuple(item for item in items if item.stratum is ProbeStratum.STALE)
    assert len(stale) == 2
    return ProbePack("stale", stale)


def run_of(pack: ProbePack, answers: dict[Arm, str]) -> ProbeRun:
    """A run whose answers are `original`, `substitute` or literal text, by arm."""

    def answer(trial: Trial) -> str:
        wanted = answers[trial.arm]
        return str(getattr(trial.item, wanted, wanted))

    results = [judge(trial, answer(trial)) for trial in trials(pack, tuple(answers))]
    return ProbeRun(RunIdentity(pack=pack.name, digest=pack.digest, prompt="p"), tuple(results))


def test_an_outdated_text_is_repeated_by_a_model_that_follows_any_context() -> None:
    run = run_of(stale_pack(), {Arm.CLEAN: "original", Arm.CONFLICT: "substitute"})
    found = mirror(run, ProbeStratum.STALE)
    assert found is not None
    assert (found.n, found.repeats, found.corrects, found.declines) == (2, 1.0, 0.0, 0.0)


def test_a_model_that_gives_todays_value_against_an_outdated_text_corrects_it() -> None:
    run = run_of(stale_pack(), {Arm.CLEAN: "substitute"})
    found = mirror(run, ProbeStratum.STALE)
    assert found is not None
    assert (found.repeats, found.corrects) == (0.0, 1.0)
    assert {result.followed for result in run.results} == {"parametric"}  # and not stale


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("substitute", (1.0, 0.0, 0.0)), ("original", (0.0, 1.0, 0.0)), ("I don't know.", (0, 0, 1))],
)
def test_of_a_true_fact_the_conflicting_context_is_the_wrong_one(
    answer: str, expected: tuple[float, float, float]
) -> None:
    run = run_of(SHIPPED, {Arm.CLEAN: "original", Arm.CONFLICT: answer})
    stratum = SHIPPED.items[0].stratum
    found = mirror(run, stratum)
    assert found is not None
    assert (found.repeats, found.corrects, found.declines) == expected
    assert summarise(run).strata[stratum.value]["mirror"]["repeats"] == expected[0]


def test_what_was_not_asked_is_not_reported() -> None:
    run = run_of(stale_pack(), {Arm.CONFLICT: "substitute"})
    assert mirror(run, ProbeStratum.STALE) is None
    assert "mirror" not in summarise(run).strata["stale"]
