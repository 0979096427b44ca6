from corpus import CHUNKS, MESSAGES, QUESTION, client

import groundwire as gw
from groundwire import observe

gw.init(model_version="1.4.2")
model = client()


@observe.retrieval
def search(question):
    return CHUNKS


@observe.generation
def generate(question, chunks):
    return model.chat.completions.create(model="acme-chat", messages=MESSAGES)


@observe
def ask(question):
    return generate(question, search(question)).choices[0].message.content


ask(QUESTION)
gw.flush(10)
