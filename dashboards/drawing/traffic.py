"""Simulated turns of a RAG application, counted as the collector counts them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from dashboards.drawing.timeline import Timeline
from groundwire_collector import metric_definitions as metrics

HOUR, DAY = 3600.0, 86400.0
GROUNDING = {"evaluator": "grounding", "revision": "3-a7af8869"}
RETRIEVAL = {"evaluator": "retrieval", "revision": "1"}
OVERRIDE = {"evaluator": "override", "revision": "1"}
MEMORIZED = {"evaluator": "memorized_override", "revision": "1"}
BEHAVIOUR = {"evaluator": "behaviour", "revision": "1"}
STRATA = ("known", "fine_tune", "fresh")
CHUNKS = 6
COVERED_REFUSALS = 0.3  # share of refusals of questions that a chunk answers
TURNS_OF_SESSIONS = 0.3  # share of turns that begin a session


@dataclass(frozen=True, slots=True)
class Conduct:
    """Rates of what happens in turns: shares from 0 to 1, seconds."""

    rate: float = 0.4  # turns a second
    unsupported: float = 0.04  # answers with an unsupported claim
    contradicted: float = 0.2  # of those, with one that contradicts the context
    memory: float = 0.02  # deciding answers that follow memory
    redundant: float = 0.1  # closed-book answers equal to the production answer
    empty: float = 0.005  # retrievals that find nothing
    relevance: float = 0.84
    index_age: float = 3 * HOUR
    index_grows: bool = False  # the index is no longer written: its age grows with the clock
    declines: float = 0.03
    generation: float = 1.3
    retrieval: float = 0.09
    tokens: float = 220.0
    judge: float = 0.0  # shift of a judge's score
    words: float = 90.0  # of an answer
    faulty: float = 0.01  # answers with a fault of form


@dataclass(frozen=True, slots=True)
class Options:
    """Optional parts of a deployment."""

    probes: bool = True
    closed_book: bool = True
    judge: bool = False
    prices: bool = True


@dataclass(frozen=True, slots=True)
class Cohort:
    """Turns of one combination of versions, in phases.

    A phase begins at a number of minutes before the end.
    """

    labels: Mapping[str, str]
    phases: tuple[tuple[float, Conduct], ...]
    until: float = 0.0
    options: Options = field(default_factory=Options)

    def conduct(self, minutes_left: float) -> Conduct | None:
        """Conduct at a time, if the cohort is served then."""
        begun = [conduct for since, conduct in self.phases if minutes_left <= since]
        return begun[-1] if begun and minutes_left > self.until else None


class TurnCounter:
    """Counter of the simulated turns of one cohort."""

    def __init__(self, timeline: Timeline, cohort: Cohort, random: Random) -> None:
        self._timeline, self._cohort, self._random = timeline, cohort, random
        self._labels = {"prompt_version": "p-12", "index_version": "kb-31", **cohort.labels}

    def step(self, conduct: Conduct, seconds: float, minutes_left: float) -> None:
        """Count the turns of a few seconds."""
        expected = conduct.rate * seconds
        for _ in range(round(self._random.gauss(expected, expected**0.5 / 2))):
            self._turn(conduct, minutes_left)

    def _turn(self, conduct: Conduct, minutes_left: float) -> None:
        chance, labels, line = self._random.random, self._labels, self._timeline
        line.count(metrics.TURNS, {**labels, "route": "retrieval"})
        self._speed(conduct)
        self._behaviour(conduct)
        if chance() < conduct.empty:
            self._without_chunks()
            return
        self._retrieved(conduct, minutes_left)
        if chance() < conduct.declines:
            self._declined()
            return
        bad = chance() < conduct.unsupported
        self._claims(bad, chance() < conduct.contradicted)
        self._values(bad)
        self._reliance(conduct)
        if self._cohort.options.judge and chance() < 0.2:
            score = min(1.0, max(0.0, self._random.gauss(0.9 - 0.5 * bad + conduct.judge, 0.05)))
            judged = {**labels, "evaluator": "llm_judge", "revision": "gpt-2026-05"}
            line.observe(metrics.JUDGE_SCORE, judged, score)

    def _speed(self, conduct: Conduct) -> None:
        line, labels, random = self._timeline, self._labels, self._random
        generation = random.lognormvariate(0, 0.35) * conduct.generation
        line.observe(metrics.GENERATION_DURATION, labels, generation)
        line.observe(metrics.TIME_TO_FIRST_TOKEN, labels, generation * 0.25)
        retrieval = random.lognormvariate(0, 0.3) * conduct.retrieval
        line.observe(metrics.RETRIEVAL_DURATION, labels, retrieval)
        spent = {"input": 1900.0, "output": random.gauss(conduct.tokens, 40), "cached": 600.0}
        for kind, number in spent.items():
            line.count(metrics.TOKENS, {**labels, "kind": kind}, max(1.0, round(number)))
        if self._cohort.options.prices:
            line.count(metrics.COST, {**labels, "currency": "USD"}, 0.0011)

    def _behaviour(self, conduct: Conduct) -> None:
        line, labels, random = self._timeline, self._labels, self._random
        self._evaluated(BEHAVIOUR, "scored")
        shares = {
            **dict.fromkeys(("other_language", "loop"), conduct.faulty),
            "broken_json": 2 * conduct.faulty,
            "refusal": conduct.declines,
            "citations": 0.9,
            "emoji": 0.05,
        }
        for trait, share in shares.items():
            present = "yes" if random.random() < share else "no"
            line.count(metrics.ANSWER_TRAITS, {**labels, "trait": trait, "present": present})
        words = random.lognormvariate(0, 0.5) * conduct.words
        line.observe(metrics.ANSWER_WORDS, labels, round(words))
        line.observe(metrics.ANSWER_READING_LEVEL, labels, random.gauss(42, 7))
        line.observe(metrics.ANSWER_FORMALITY, labels, random.gauss(56, 4))
        line.observe(metrics.ANSWER_REPETITION, labels, random.betavariate(1, 40))
        line.observe(metrics.ANSWER_MARKUP, labels, random.betavariate(2, 6))
        line.observe(metrics.ANSWER_TONE_DISTANCE, labels, random.gauss(0.8, 0.2))

    def _without_chunks(self) -> None:
        self._timeline.count(metrics.EMPTY_RETRIEVALS, self._labels)
        for evaluator in (GROUNDING, RETRIEVAL, OVERRIDE):
            self._evaluated(evaluator, "no_context")

    def _retrieved(self, conduct: Conduct, minutes_left: float) -> None:
        line, random = self._timeline, self._random
        self._evaluated(RETRIEVAL, "scored")
        relevance = min(1.0, max(0.0, random.gauss(conduct.relevance, 0.09)))
        line.observe(metrics.RETRIEVAL_RELEVANCE, {**self._labels, **RETRIEVAL}, relevance)
        age = conduct.index_age - (60 * minutes_left if conduct.index_grows else 0)
        line.observe(metrics.INDEX_AGE, self._labels, age)
        line.observe(metrics.CHUNK_AGE, self._labels, age + random.uniform(1, 40) * DAY)

    def _declined(self) -> None:
        for evaluator in (GROUNDING, OVERRIDE):
            self._evaluated(evaluator, "refusal")
        covered = self._random.random() < COVERED_REFUSALS
        sufficient = "true" if covered else "false"
        self._timeline.count(metrics.REFUSALS, {**self._labels, "sufficient": sufficient})
        self._chunk_outcome("ignored" if covered else "missing")
        if covered:
            self._timeline.count(metrics.FALSE_REFUSALS, {**self._labels, **GROUNDING})

    def _claims(self, bad: bool, contradicts: bool) -> None:
        line, random, judged = self._timeline, self._random, {**self._labels, **GROUNDING}
        self._evaluated(GROUNDING, "scored")
        number = random.randint(2, 6)
        unsupported = random.randint(1, number) if bad else 0
        verdicts = {"supported": number - unsupported, "not_a_claim": 1}
        verdicts |= {"contradicted" if contradicts else "unsupported": unsupported}
        for verdict, count in verdicts.items():
            if count:
                line.count(metrics.CLAIMS, {**judged, "verdict": verdict}, count)
        line.observe(metrics.FAITHFULNESS, judged, 1 - unsupported / number)
        score = random.betavariate(8, 2) if bad else random.betavariate(1.2, 12)
        line.observe(metrics.P_UNSUPPORTED, judged, score)
        if bad:
            line.count(metrics.FLAGGED_TURNS, judged)
        if random.random() < TURNS_OF_SESSIONS:
            line.count(metrics.SESSIONS, judged)
            line.count(metrics.SESSIONS_UNSUPPORTED, judged, float(bad))
        line.observe(metrics.CONTEXT_UTILIZATION, judged, random.randint(1, 3) / CHUNKS)
        self._chunk_outcome(("ignored" if contradicts else "missing") if bad else "used")
        line.observe(metrics.CHUNK_REDUNDANCY, {**self._labels, **RETRIEVAL}, score / 4)
        for place, share in (("0", 3), ("1", 2), ("2", 1)):
            line.count(metrics.SUPPORTED_CLAIMS, {**judged, "place": place}, share)
        line.observe(metrics.DISTRACTOR_RATIO, judged, random.randint(0, 2) / CHUNKS)
        line.observe(metrics.SUPPORTING_CHUNK_RANK, judged, float(min(5, random.randrange(9) // 2)))
        cited = "wrong_chunk" if bad and random.random() < 0.6 else "valid"
        cited = "missing" if random.random() < 0.05 else cited
        line.count(metrics.CITATIONS, {**self._labels, "outcome": cited}, 2)

    def _chunk_outcome(self, outcome: str) -> None:
        labels = {**self._labels, **GROUNDING, "outcome": outcome}
        self._timeline.count(metrics.CHUNK_OUTCOMES, labels)

    def _values(self, bad: bool) -> None:
        line, random = self._timeline, self._random
        self._evaluated(OVERRIDE, "scored")
        line.count(metrics.ANSWER_VALUES, {**self._labels, "kind": "covered"}, 3)
        if bad:
            kind = "overriding" if random.random() < 0.6 else "novel"
            line.count(metrics.ANSWER_VALUES, {**self._labels, "kind": kind})
        if bad and random.random() < 0.05:
            line.count(metrics.SELF_REPORTED_MEMORY_ANSWERS, self._labels)
        if random.random() < 0.3:
            self._evaluated(MEMORIZED, "scored")
            if bad:
                line.count(metrics.MEMORIZED_OVERRIDES, {**self._labels, **MEMORIZED})
        if random.random() < 0.02:
            outcome = "keeps_old" if bad else "follows_new"
            line.count(metrics.STALE_ANSWERS, {**self._labels, "outcome": outcome})

    def _reliance(self, conduct: Conduct) -> None:
        random, options = self._random, self._cohort.options
        follows = "parametric" if random.random() < conduct.memory else "context"
        self._outcome("passive", follows)
        if options.closed_book and random.random() < 0.15:
            drawn = random.random()
            recited = conduct.redundant <= drawn < conduct.redundant + conduct.memory
            outcome = "both" if drawn < conduct.redundant else "context"
            self._outcome("closed_book", "parametric" if recited else outcome)
            self._called("closed_book")
        if options.probes and random.random() < 0.12:
            self._probe(conduct)

    def _probe(self, conduct: Conduct) -> None:
        line, random = self._timeline, self._random
        stratum, arm = random.choice(STRATA), random.choice(("conflict", "clean"))
        recited = random.random() < conduct.memory * (2 if stratum == "fine_tune" else 0.6)
        outcome = "parametric" if recited and arm == "conflict" else "context"
        facts = {**self._labels, "stratum": stratum, "arm": arm, "outcome": outcome}
        line.count(metrics.PROBE_OUTCOMES, facts)
        if arm == "conflict":
            self._outcome("probe", outcome)
        self._called("probe")
        if random.random() < 0.02:
            line.count(metrics.PROBE_RUNS, {**self._labels, "state": "finished"})

    def _called(self, source: str) -> None:
        call = {**self._labels, "source": source}
        self._timeline.count(metrics.PROBE_CALLS, {**call, "result": "answered"})
        for kind, number in (("input", 400.0), ("output", 60.0)):
            self._timeline.count(metrics.PROBE_TOKENS, {**call, "kind": kind}, number)

    def _outcome(self, source: str, outcome: str) -> None:
        series = {**self._labels, "source": source, "outcome": outcome}
        self._timeline.count(metrics.RELIANCE_OUTCOMES, series)

    def _evaluated(self, evaluator: Mapping[str, str], state: str) -> None:
        self._timeline.count(metrics.EVALUATIONS, {**self._labels, **evaluator, "state": state})
