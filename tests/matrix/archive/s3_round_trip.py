"""Archive five turns in an S3 bucket, query them, forget one; prints what is left as JSON."""

import json
import os
import sys
import tempfile
from pathlib import Path

import s3fs
from moto.server import ThreadedMotoServer
from tests.aged_store import NOW, add_turn

from groundwire_collector.settings import Settings
from groundwire_collector.storage.archive import deletion
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS
from groundwire_collector.storage.archive.reader import connect
from groundwire_collector.storage.engine import make_schema, open_engine

server = ThreadedMotoServer(port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
s3fs.S3FileSystem().mkdir("bucket")
engine = open_engine(Settings(data_dir=Path(tempfile.mkdtemp())))
make_schema(engine)
for number in range(5):
    add_turn(engine, number, number)
location = Location.of("s3://bucket/groundwire")
archived = Archive(engine, location, HOUR_NS).write_closed(NOW).turns
with connect(location, engine) as connection:
    ((together,),) = connection.execute("SELECT count(DISTINCT id) FROM turns").fetchall()
forgotten = deletion.forget(location, traces={f"{3:032x}"})
with connect(location) as connection:
    left = connection.execute("SELECT turn_id FROM scores ORDER BY 1").fetchall()
json.dump([archived, together, forgotten, len(left)], sys.stdout)
server.stop()
