"""How many modules a reader opens to follow a loss to its alarm.

Counted by a profiler while a monitor is fed a baseline and a rollout that is worse: the modules of
the evaluators and the collector of which a function is called.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from tests.collector.drift.test_monitor import drifting, monitor

from groundwire_collector.storage.drift import Alarm

MOST = 36
PACKAGES = ("evaluators/groundwire_evaluators/", "collector/groundwire_collector/")
ROOT = Path(__file__).parents[3]


def modules_entered(call: Callable[[], object]) -> set[str]:
    """The modules of the packages, by path, of which a function runs during `call`."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    inside = {name.removeprefix(f"{ROOT}/") for name in files}
    return {name for name in inside if name.startswith(PACKAGES)}


def test_a_loss_becomes_an_alarm_through_few_modules() -> None:
    stream, alarms = drifting(model_version="ft-2"), list[Alarm]()
    watched = monitor()
    entered = modules_entered(lambda: alarms.extend(watched.observe(stream)))
    assert [alarm.change.value for alarm in alarms] == ["ft-2"]
    assert len(entered) <= MOST, sorted(entered)


if __name__ == "__main__":
    names = sorted(modules_entered(lambda: monitor().observe(drifting(model_version="ft-2"))))
    print(*names, f"{len(names)} modules", sep="\n")
