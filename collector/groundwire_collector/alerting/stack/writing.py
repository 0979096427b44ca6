"""Files of the container stack, written for `docker compose`."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from groundwire_collector import __version__
from groundwire_collector.alerting.grafana.provisioning import GrafanaOptions
from groundwire_collector.alerting.grafana.provisioning import write as write_grafana
from groundwire_collector.alerting.rules.settings import RuleSettings

FILES = files("groundwire_collector.alerting.stack") / "files"
LIMITS, TARGETS = "prometheus/limits.toml", "prometheus/targets.yaml"
EDITED = frozenset({"alertmanager.yml", "otel-collector.yaml", LIMITS, TARGETS})
NOTES = {
    "wheels": "A wheel of Groundwire here is installed in the image.",
    "secrets": "Alertmanager reads slack_url and pagerduty_key here, where its receivers are used.",
}
RENAMED = {"dockerignore": ".dockerignore"}  # packages leave out hidden files
GRAFANA = GrafanaOptions(
    datasource="prometheus",
    prometheus_url="http://prometheus:9090",
    dashboards_path="/etc/groundwire/dashboards",
)


@dataclass(frozen=True, slots=True)
class StackFile:
    """File of the stack.

    `written` is False where it was left as its user had edited it.
    """

    path: Path
    written: bool = True


def write(
    folder: Path,
    *,
    limits: Path | None = None,
    targets: Path | None = None,
    wheel: Path | None = None,
) -> list[StackFile]:
    """Write the stack into `folder`; files that people edit are not overwritten.

    `limits` and `targets` replace those of the rules, `wheel` is installed in the image. Raises
    OSError where a file cannot be read or written, UsageError for wrong limits.
    """
    done = [_write(folder, name, source) for name, source in sorted(_shipped(FILES, ""))]
    for name, path in ((LIMITS, limits), (TARGETS, targets)):
        if path is not None:
            shutil.copyfile(path, folder / name)
    done += [_write_note(folder / name, text) for name, text in NOTES.items()]
    if wheel is not None:
        done.append(StackFile(Path(shutil.copy(wheel, folder / "wheels"))))
    settings = RuleSettings.load(folder / LIMITS, folder / TARGETS)
    made = write_grafana(settings, GRAFANA, folder / "grafana")
    return [*done, *(StackFile(path) for path in made)]


def _write_note(folder: Path, text: str) -> StackFile:
    """Make a folder that people put files into, with a note about them."""
    folder.mkdir(exist_ok=True)
    (folder / "README.txt").write_text(f"{text}\n", encoding="utf-8")
    return StackFile(folder / "README.txt")


def _shipped(place: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for each in place.iterdir():
        if each.is_dir():
            yield from _shipped(each, f"{prefix}{each.name}/")
        else:
            yield f"{prefix}{RENAMED.get(each.name, each.name)}", each


def _write(folder: Path, name: str, source: Traversable) -> StackFile:
    path = folder / name
    if name in EDITED and path.exists():
        return StackFile(path, written=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = source.read_text(encoding="utf-8").replace("@VERSION@", __version__)
    path.write_text(text, encoding="utf-8")
    return StackFile(path)
