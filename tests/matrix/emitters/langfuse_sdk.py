import os

os.environ["LANGFUSE_HOST"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
os.environ |= {"LANGFUSE_PUBLIC_KEY": "none", "LANGFUSE_SECRET_KEY": os.environ["GATEWAY_KEY"]}

from corpus import CHUNKS, MESSAGES, MODEL_URL, QUESTION, SESSION, USER
from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import OpenAI

model = OpenAI(base_url=f"{MODEL_URL}/v1", api_key="none")


@observe(as_type="retriever")
def retrieve(question):
    return CHUNKS


@observe
def ask(question):
    with propagate_attributes(session_id=SESSION, user_id=USER, version="v3"):
        retrieve(question)
        answer = model.chat.completions.create(model="acme-chat", messages=MESSAGES)
    return answer.choices[0].message.content


ask(QUESTION)
get_client().flush()
get_client().shutdown()
