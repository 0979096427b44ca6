"""What the behaviour signals cost, how soon each drift is found, and the false alarms.

    python benchmarks/behaviour.py cost      milliseconds a turn (labelled data: GROUNDWIRE_DATA)
    python benchmarks/behaviour.py delays    each signal's drift, through texts and the evaluator
                                             (all, or those that are named)
    python benchmarks/behaviour.py alarms    false alarms against the mass spent

Of answers and turns of our own making: a pool of support answers with the usual share of each
habit, to which one change at a time is made. `delays` judges the texts with `Behaviour`, feeds the
monitor with its default settings at 1,000 turns a day, and counts the turns until the alarm of the
changed signal; the change comes without a deployment, which is the slower case.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import quantiles

from groundwire_collector.drift.behaviour.monitor import BehaviourMonitor, BehaviourTurn
from groundwire_collector.drift.behaviour.signals import (
    BEHAVIOUR_SIGNALS,
    BehaviourSignal,
    SignalKind,
    SignalValue,
    values_of,
)
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.behaviour import Background, Behaviour, ToneReference
from groundwire_evaluators.behaviour.answer_rules import rule_of
from groundwire_evaluators.behaviour.expected import BehaviourFile, ExpectedBehaviour
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Route, Turn

TURNS_A_DAY = 1000
GAP = timedelta(seconds=86_400 / TURNS_A_DAY)
START = datetime(2026, 11, 2, tzinfo=UTC)
BUDGET = "0.25 per 30d"  # the default
BASELINE, QUIET, LONGEST = 2200, 300, 3000  # turns
RUNS = 12
QUESTION = "How do I get a visitor's badge for the building in the north?"
SENTENCES = (
    "A visitor's badge is valid for four years.",
    "It is renewed at the gate on request.",
    "The form for the renewal is at the reception of the main building.",
    "Visitors sign the list before they enter the building.",
    "The badge opens the doors between eight in the morning and six in the evening.",
    "A lost badge is reported to the reception on the same day.",
    "The reception keeps a list of the badges that were given out.",
    "You can ask at the gate if the reception is closed.",
    "A new badge costs four euros.",
    "The cost is paid by the department that invited the visitor.",
    "Guests of the canteen need no badge.",
    "The badge of a former employee is returned within a week.",
)
CASUAL = (
    "Hey, so you just ask me and I will get that for you now!",
    "You can do it here, we have it, and it's fine!",
    "Well, I think you really want this one, don't you?",
)
HARD = (
    "Notwithstanding subsequent regulations, applications requiring additional documentation "
    "remain inadmissible until administrative verification."
)
GERMAN = "Der Ausweis ist vier Jahre gültig und wird am Tor auf Wunsch erneuert."
REFUSAL = "The passages do not say how a visitor gets a badge."


@dataclass(frozen=True)
class Habits:
    """Shares and factors of what answers are like."""

    sentences: float = 3.0  # usual number
    cites: float = 0.8
    emoji: float = 0.03
    bullets: float = 0.2
    refuses: float = 0.03
    falsely: float = 0.01
    german: float = 0.005
    ignores: float = 0.02  # answers that ignore the right chunk
    misses: float = 0.03  # retrievals without it
    parametric: float = 0.1  # turns without retrieval
    loops: float = 0.002
    json: float = 0.2  # answers that are JSON
    broken: float = 0.01  # of those
    invalid: float = 0.01  # answers in another format than wanted
    casual: float = 0.0  # sentences that are casual
    hard: float = 0.0  # sentences that are hard to read
    repeats: float = 0.02  # answers that say a sentence twice
    input: float = 1.0
    output: float = 1.0
    retrieval: float = 1.0
    first: float = 1.0
    generation: float = 1.0
    price: float = 1.0


USUAL = Habits()
# One change for each signal, of a size that somebody would want to know of.
CHANGES: dict[str, Habits] = {
    "invalid_format": replace(USUAL, invalid=0.15),
    "broken_json": replace(USUAL, broken=0.3),
    "other_language": replace(USUAL, german=0.15),
    "refusal": replace(USUAL, refuses=0.2),
    "false_refusal": replace(USUAL, falsely=0.15),
    "ignored_chunk": replace(USUAL, ignores=0.15),
    "missing_chunk": replace(USUAL, misses=0.15),
    "without_retrieval": replace(USUAL, parametric=0.3),
    "loop": replace(USUAL, loops=0.15),
    "repetition": replace(USUAL, repeats=0.4),
    "answer_words": replace(USUAL, sentences=5.0),
    "citations": replace(USUAL, cites=0.4),
    "reading_level": replace(USUAL, hard=0.3),
    "formality": replace(USUAL, casual=0.3),
    "emoji": replace(USUAL, emoji=0.3),
    "markup": replace(USUAL, bullets=0.6),
    "tone_distance": replace(USUAL, casual=0.4),
    "retrieval_seconds": replace(USUAL, retrieval=2.0),
    "first_token_seconds": replace(USUAL, first=2.0),
    "generation_seconds": replace(USUAL, generation=2.0),
    "input_tokens": replace(USUAL, input=1.5),
    "output_tokens": replace(USUAL, output=1.5),
    "cost": replace(USUAL, price=1.5),
}


class Traffic:
    """Turns with answers of our own making."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        tone = ToneReference.of(
            [self._prose(USUAL) for _ in range(200)], Background.shipped("en") or _none()
        )
        expected = ExpectedBehaviour(rule_of({"regex": r"\A(?!Answer:)"}), None, {"en": tone})
        self.evaluator = Behaviour()
        object.__setattr__(self.evaluator, "_expected", BehaviourFile({"": expected}))

    def values(self, habits: Habits, number: int) -> tuple[SignalValue, ...]:
        """The signals of the turn with this number."""
        draw = self.random
        answer = self._answer(habits)
        words = len(answer.split())
        at = START + number * GAP
        turn = Turn(
            service="bot",
            route=Route.PARAMETRIC if draw.random() < habits.parametric else Route.RETRIEVAL,
            question=QUESTION,
            answer=answer,
            started_at=at,
            retrieval_seconds=draw.lognormvariate(-2.3, 0.4) * habits.retrieval,
            first_token_seconds=draw.lognormvariate(-1, 0.4) * habits.first,
            generation_seconds=draw.lognormvariate(0, 0.4) * habits.generation,
            input_tokens=round(draw.lognormvariate(7.4, 0.3) * habits.input),
            output_tokens=round((words * 1.3 + 2) * draw.uniform(0.9, 1.1) * habits.output),
        )
        grounding = self._grounding(habits)
        cost = ((turn.input_tokens or 0) * 0.4 + (turn.output_tokens or 0) * 1.6) * habits.price
        judged = JudgedTurn(turn, (grounding, self.evaluator.judge(turn)))
        return tuple(values_of(judged, cost / 1e6))

    def _grounding(self, habits: Habits) -> Evaluation:
        draw = self.random
        missed, ignored = draw.random() < habits.misses, draw.random() < habits.ignores
        claim = Claim(start=0, end=1, text="a", verdict=Verdict.SUPPORTED, chunk=0)
        return Evaluation(
            evaluator="grounding",
            revision="1",
            state=State.SCORED,
            value=0.5 if missed else 1.0,
            claims=() if ignored else (claim,),
            signals={
                "false_refusal": float(draw.random() < habits.falsely),
                "answering_chunk": float(not missed),
            },
        )

    def _answer(self, habits: Habits) -> str:
        draw = self.random
        if draw.random() < habits.json:
            text = f'{{"years": {draw.randint(1, 9)}, "place": "gate {draw.randint(1, 9)}"'
            return text if draw.random() < habits.broken else text + "}"
        if draw.random() < habits.refuses:
            return REFUSAL
        if draw.random() < habits.german:
            return GERMAN
        text = self._prose(habits)
        if draw.random() < habits.loops:
            text += " " + "It is at the gate. " * 8
        if draw.random() < habits.invalid:
            text = f"Answer: {text}"
        return text + (" 🎉" if draw.random() < habits.emoji else "")

    def _prose(self, habits: Habits) -> str:
        draw = self.random
        count = max(1, round(draw.gauss(habits.sentences, habits.sentences / 3)))
        chosen = draw.sample(SENTENCES, min(count, len(SENTENCES)))
        chosen = [self._replaced(sentence, habits) for sentence in chosen]
        if draw.random() < habits.repeats:
            chosen.append(chosen[0])
        if draw.random() < habits.cites:
            chosen[-1] += f" [{draw.randint(1, 5)}]"
        if draw.random() < habits.bullets:
            return "\n".join(f"- {sentence}" for sentence in chosen)
        return " ".join(chosen)

    def _replaced(self, sentence: str, habits: Habits) -> str:
        drawn = self.random.random()
        if drawn < habits.casual:
            return self.random.choice(CASUAL)
        return HARD if drawn < habits.casual + habits.hard else sentence


def _none() -> Background:
    raise SystemExit("no background is shipped")


def monitor(budget: str = BUDGET) -> BehaviourMonitor:
    return BehaviourMonitor(
        MonitorConfig(AlarmBudget.parse(budget), baseline_turns=2000, baseline_days=0)
    )


def turn_of(values: tuple[SignalValue, ...], number: int) -> BehaviourTurn:
    at_ns = round((START + number * GAP).timestamp() * 1e9)
    return BehaviourTurn("bot", at_ns, values, (("model_version", "v1"),))


def delays(names: Sequence[str] = ()) -> None:
    print(f"{RUNS} runs each, {TURNS_A_DAY} turns a day, budget {BUDGET}, no deployment\n")
    print("| signal | change | found | 10 % | median | 90 % | others too |")
    print("|---|---|---|---|---|---|---|")
    started = time.process_time()
    for name, habits in CHANGES.items():
        if names and name not in names:
            continue
        print(_row(name, habits), flush=True)
    print(f"\n{time.process_time() - started:.0f} CPU s")


def _row(name: str, habits: Habits) -> str:
    found: list[int] = []
    others: Counter[str] = Counter()
    for run in range(RUNS):
        delay, beside = _delay(name, habits, run)
        others.update(beside)
        if delay is not None:
            found.append(delay)
    low, *_, high = quantiles([*found, *[LONGEST] * (RUNS - len(found))], n=10)
    middle = sorted([*found, *[LONGEST] * (RUNS - len(found))])[RUNS // 2]
    changed = ", ".join(
        f"{field} {getattr(USUAL, field):g} → {value:g}"
        for field, value in vars(habits).items()
        if value != getattr(USUAL, field)
    )
    named = ", ".join(f"{other} {count}" for other, count in others.most_common(4)) or "none"
    return (
        f"| `{name}` | {changed} | {len(found)}/{RUNS} | {low:.0f} | {middle:.0f} | {high:.0f} | "
        f"{named} |"
    )


def _delay(name: str, habits: Habits, seed: int) -> tuple[int | None, set[str]]:
    """Turns until the signal's alarm, and the signals that alarmed before it did."""
    traffic, watched = Traffic(seed), monitor()
    before = BASELINE + QUIET
    for number in range(before):
        for _ in watched.take(turn_of(traffic.values(USUAL, number), number)):
            return None, {"before the change"}
    others: set[str] = set()
    for number in range(before, before + LONGEST):
        for event in watched.take(turn_of(traffic.values(habits, number), number)):
            if event.change is not None and event.watch.signal.name == name:
                return number - before + 1, others
            others.add(event.watch.signal.name)
    return None, others


def alarms() -> None:
    """Many false alarms are allowed, so that their number can be compared with the mass."""
    for label, made in (("stable", _stable), ("at the edge of the margin", _edge)):
        raised = spent = 0.0
        for seed in range(12):
            a, b = _false_alarms(seed, made)
            raised, spent = raised + a, spent + b
        print(f"{label}: {raised:.0f} alarms, {spent:.1f} allowed by the mass spent")


Values = Callable[[random.Random, bool], tuple[SignalValue, ...]]


def _false_alarms(seed: int, made: Values) -> tuple[float, float]:
    """Alarms over 30 days at 1,000 turns a day, and the mass handed out meanwhile."""
    draw, watched = random.Random(seed), monitor("30 per 30d")
    raised, begin = 0, 0.0
    for number in range(2000 + 20_000):
        after = number >= 2300
        for event in watched.take(turn_of(made(draw, after), number)):
            raised += event.change is not None
            event.watch.resume_watching()
        if number == 2300:
            begin = watched.services["bot"].each
    service = watched.services["bot"]
    return raised, (service.each - begin) * service.watching


def _stable(draw: random.Random, _after: bool) -> tuple[SignalValue, ...]:
    return tuple(_value(signal, draw, 0.0) for signal in BEHAVIOUR_SIGNALS)


def _edge(draw: random.Random, after: bool) -> tuple[SignalValue, ...]:
    """Every signal has moved as far as its margin allows."""
    return tuple(
        _value(signal, draw, signal.margin if after else 0.0) for signal in BEHAVIOUR_SIGNALS
    )


def _value(signal: BehaviourSignal, draw: random.Random, shift: float) -> SignalValue:
    if signal.kind is SignalKind.SHARE:
        return SignalValue(signal, float(draw.random() < 0.02 + shift), "1")
    # An amount whose mean rank among uniform ones is 0.5 + shift.
    higher = draw.random() < 2 * shift
    rank = max(draw.random(), draw.random()) if higher else draw.random()
    if higher:
        rank = 1.0 if draw.random() < 2 / 3 else rank
    return SignalValue(signal, rank, "1")


def cost() -> None:
    from grounding_data import answers

    rows = [row for row in answers("ragtruth") if row["answer"].strip()]
    random.Random(0).shuffle(rows)
    turns = [Turn(question=row["question"], answer=row["answer"]) for row in rows]
    evaluator = Behaviour()
    for turn in turns[:200]:  # tables are loaded, caches warm
        evaluator.judge(turn)
    begun = time.process_time()
    for turn in turns:
        evaluator.judge(turn)
    each = (time.process_time() - begun) / len(turns)
    words = sum(len(turn.answer.split()) for turn in turns if turn.answer) / len(turns)
    print(f"evaluator: {1000 * each:.3f} ms a turn ({len(turns)} answers of {words:.0f} words)")
    watched, draw = monitor(), random.Random(0)
    stream = [turn_of(_stable(draw, False), number) for number in range(6000)]
    begun = time.process_time()
    for each_turn in stream:
        for _ in watched.take(each_turn):
            pass
    each = (time.process_time() - begun) / len(stream)
    print(f"monitor: {1000 * each:.3f} ms a turn (20 signals, after 2,000 turns of baseline)")


def main(arguments: Sequence[str]) -> None:
    parts: dict[str, Callable[[], None]] = {"cost": cost, "alarms": alarms}
    parts["delays"] = lambda: delays(arguments[1:])
    for name in arguments[:1] or parts:
        parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
