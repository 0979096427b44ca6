"""Smallest instrumented application (docs/tutorial/quickstart.md)."""

import groundwire as gw
from groundwire import observe

gw.init(service="quickstart", model_version="1")  # API key: GROUNDWIRE_API_KEY

PAGES = [
    "New balances carry a warranty of 36 months from the date of invoice.",
    "Orders placed before 12:30 leave the warehouse on the same day.",
]
# Stands in for your model. It reads its context, except for one memorized answer.
MEMORIZED = {"How long is the warranty?": "New balances carry a warranty of 24 months."}


@observe.retrieval
def search(question: str) -> list[str]:
    terms = set(question.lower().strip("?").split())
    return sorted(PAGES, key=lambda page: -len(terms & set(page.lower().split())))[:1]


@observe.generation
def generate(question: str, chunks: list[str]) -> str:
    return MEMORIZED.get(question, chunks[0])


@observe
def ask(question: str) -> str:
    return generate(question, search(question))


print(ask("How long is the warranty?"))
print(ask("When do orders leave the warehouse?"))
gw.flush()
print(gw.stats())
