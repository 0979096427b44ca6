import random
import threading
from collections.abc import Iterator

import pytest

from groundwire_demo.corpus import Edition, handbook, passages
from groundwire_demo.standin.models import ContextReader, FineTuned
from groundwire_demo.standin.server import BASE, TUNED, StandIn


@pytest.fixture
def base_url() -> Iterator[str]:
    """A stand-in that serves; its tuned model recites throughout."""
    learnt = passages(handbook(), Edition.LAST_YEAR)
    tuned = FineTuned(learnt, random.Random(1), first_share=1.0, last_share=1.0)
    server = StandIn({BASE: ContextReader(random.Random(1)), TUNED: tuned})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.base_url
    server.shutdown()
    server.server_close()
    thread.join()
