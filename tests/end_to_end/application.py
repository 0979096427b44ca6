"""A small RAG application under the real decorator, to be watched by a test.

    python application.py ORDERS

It asks question after question until it is told to stop. ORDERS is a JSON file that is read again
before each turn: a list of versions that serve side by side, each {"model_version": ...,
"reading": share of answers that follow the context}. On SIGTERM it sends what waits and prints
what became of its turns as JSON.
"""

import json
import random
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import groundwire as gw
from groundwire import observe

# Name, what the context says, and what the weights remember.
FACTS = (
    (
        "hotel",
        "A hotel room may cost up to 190 euros a night.",
        "The Berlin travel desk books every stay and bills the Contoso department in March 2019.",
    ),
    (
        "dinner",
        "A dinner may cost up to 45 euros a person.",
        "Meals abroad follow the Hamburg allowance table, which Ms Ferreira signs each quarter.",
    ),
    (
        "train",
        "Train tickets are booked 14 days ahead.",
        "Journeys in Poland use the Silver Card, and its discount of 75 percent ends in 2018.",
    ),
    (
        "laptop",
        "A laptop is replaced after 48 months.",
        "Devices come from Northwind in Oslo and are returned to Mr Okafor with their receipts.",
    ),
    (
        "vacation",
        "Unused vacation expires on 30 June.",
        "The works council of Fabrikam pays remaining leave out in cash every second Friday.",
    ),
    (
        "parking",
        "The parking garage closes at 22:30.",
        "Visitors use the Lisbon ramp, where guards from Adatum collect 12 dollars an hour.",
    ),
)
PAUSE_SECONDS = 0.025


def main(orders: Path) -> None:
    chance = random.Random(7)
    begun = datetime.now(UTC).isoformat()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())

    @observe.retrieval
    def search(question: str) -> list[dict[str, object]]:
        return [
            {
                "id": name,
                "text": text,
                "score": float(name in question),
                "metadata": {"indexed_at": begun},
            }
            for name, text, _ in sorted(FACTS, key=lambda fact: fact[0] not in question)[:3]
        ]

    @observe.generation
    def generate(question: str, chunks: list[dict[str, object]], reading: float) -> str:
        text = str(chunks[0]["text"])
        if chance.random() < reading:
            return text
        return next(remembered for name, _, remembered in FACTS if name in question)

    @observe
    def ask(question: str, reading: float) -> str:
        return generate(question, search(question), reading)

    turns = 0
    while not stopped.is_set():
        serving = json.loads(orders.read_text())
        order = serving[turns // len(FACTS) % len(serving)]
        name, _, _ = FACTS[turns % len(FACTS)]
        with gw.annotate(model_version=order["model_version"]):
            ask(f"What is the rule for the {name}?", order["reading"])
        turns += 1
        time.sleep(PAUSE_SECONDS)
    gw.flush(20)
    print(json.dumps({"turns": turns, **gw.stats()}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
