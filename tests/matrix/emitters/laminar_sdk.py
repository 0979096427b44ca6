# ruff: noqa: E402
import os
import sys

os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
sys.argv[0] = os.environ["OTEL_SERVICE_NAME"]  # Laminar names the service by its program, at import

from corpus import CHUNKS, PROMPT, QUESTION, SESSION, SYSTEM, USER, client
from lmnr import Instruments, Laminar, observe

Laminar.initialize(instruments={Instruments.OPENAI}, disable_batch=True)


@observe(name="retrieve")
def retrieve(question: str) -> list[dict]:
    return CHUNKS


@observe(name="ask")
def ask(question: str) -> str:
    Laminar.set_trace_session_id(SESSION)
    Laminar.set_trace_user_id(USER)
    retrieve(question)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
    done = client().chat.completions.create(model="acme-chat", messages=messages)
    return done.choices[0].message.content


ask(QUESTION)
Laminar.shutdown()
