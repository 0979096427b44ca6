"""Age of a model's training: share of turns whose sources changed since."""

from sqlalchemy import Connection

from groundwire_collector.storage import rollouts, version_turns
from groundwire_collector.storage.estimates import StoredEstimate
from groundwire_collector.storage.version_turns import VersionQuery
from groundwire_evaluators.statistics import wilson

TRAINING = "training"  # kind of estimate
EVALUATOR = "retrieval"  # whose signals hold the ages of chunks
DAY_NS = 86_400 * 10**9
DAYS = 7
TURNS = 1000  # newest ones of a version
FEWEST = 30  # turns with dated chunks, below which there is no share


def training_ages(connection: Connection, now_ns: int) -> list[StoredEstimate]:
    """For each version in use with an announced training time, how much changed since.

    `value`: the share of its turns in the last seven days whose median chunk changed after the
    training data ended, with Wilson's interval; None with fewer than 30 such turns. A version
    without turns in that time has no estimate. Price: 1,000 scores a version.
    """
    found = []
    for (service, version), trained_ns in rollouts.trained(connection).items():
        query = VersionQuery(
            service=service,
            dimension="model_version",
            value=version,
            since_ns=now_ns - DAYS * DAY_NS,
            until_ns=now_ns + DAY_NS,
        )
        if version_turns.any_turn(connection, query):
            dated = version_turns.dated_turns(connection, query, trained_ns, TURNS)
            known = dated.turns >= FEWEST
            found.append(
                StoredEstimate(
                    kind=TRAINING,
                    service=service,
                    value=version,
                    reference="",
                    evaluator=EVALUATOR,
                    updated_ns=now_ns,
                    estimate={
                        "trained_ns": trained_ns,
                        "value": dated.changed / dated.turns if known else None,
                        "interval": list(wilson(dated.changed, dated.turns)),
                        "turns": dated.turns,
                    },
                    sequence={},
                )
            )
    return found
