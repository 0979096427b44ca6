"""The archive in a bucket: s3fs against moto's server, in an environment of its own.

s3fs and the clients of other tests want different versions of botocore.
"""

import json
import os
import subprocess
import venv
from pathlib import Path

from tests.matrix.conftest import CACHE, ROOT

SCRIPT = Path(__file__).parent / "archive" / "s3_round_trip.py"
PACKAGES = ("s3fs>=2026", "moto[server]>=5", "pytest")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def test_an_archive_in_a_bucket_is_written_queried_and_forgotten() -> None:
    folder = CACHE / "s3-archive"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", f"{ROOT}[archive]", *PACKAGES]
    subprocess.run([python, *install], check=True)
    environment = os.environ | CREDENTIALS | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [python, SCRIPT], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert json.loads(found.stdout) == [4, 5, 1, 3]
