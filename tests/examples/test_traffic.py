import threading

from groundwire_demo.corpus import handbook
from groundwire_demo.questions import stream
from groundwire_demo.traffic import Traffic

PAGES = handbook()


def finished(traffic: Traffic) -> Traffic:
    for thread in traffic.start():
        thread.join()
    return traffic


def test_every_question_is_asked_once_and_in_order_of_the_stream() -> None:
    requested: list[str] = []
    traffic = finished(
        Traffic(lambda q, _: requested.append(q), stream(PAGES, 1), 50, 1e6, None, users=1)
    )
    expected = stream(PAGES, 1)
    assert requested == [next(expected).text for _ in range(50)]
    assert traffic.answered == 50


def test_the_rollout_begins_at_its_turn_and_lasts() -> None:
    seen: list[bool] = []
    traffic = finished(
        Traffic(
            lambda _, rolled_out: seen.append(rolled_out), stream(PAGES, 1), 40, 1e6, 25, users=1
        )
    )
    assert seen == [False] * 25 + [True] * 15
    assert traffic.rollout_began == traffic.started[25]


def test_without_a_rollout_none_ever_begins() -> None:
    traffic = finished(Traffic(lambda *_: None, stream(PAGES, 1), 10, 1e6, None))
    assert traffic.rollout_began is None


def test_a_question_that_fails_is_kept_and_the_others_go_on() -> None:
    def ask(question: str, rolled_out: bool) -> None:
        if "€" in question or "who" in question.lower():
            raise ConnectionError(question)

    traffic = finished(Traffic(ask, stream(PAGES, 1), 200, 1e6, None))
    assert traffic.failures
    assert traffic.answered + len(traffic.failures) == traffic.done == 200


def test_stopping_ends_the_users_without_asking_the_rest() -> None:
    begun = threading.Event()
    traffic = Traffic(lambda *_: begun.set(), stream(PAGES, 1), 1000, 1.0, None)
    threads = traffic.start()
    begun.wait(timeout=30)
    traffic.stop()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert traffic.answered < 1000


def test_a_moment_is_shown_as_the_number_of_turns_begun_by_then() -> None:
    traffic = finished(Traffic(lambda *_: None, stream(PAGES, 1), 10, 1e6, None, users=1))
    assert traffic.turn_at(traffic.started[-1]) == 10
