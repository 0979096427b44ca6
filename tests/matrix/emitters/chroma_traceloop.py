import chromadb
from corpus import CHUNKS, MESSAGES, client, provider
from opentelemetry.instrumentation.chromadb import ChromaInstrumentor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

exporting = provider()
ChromaInstrumentor().instrument(tracer_provider=exporting)
OpenAIInstrumentor().instrument(tracer_provider=exporting)
collection = chromadb.EphemeralClient().create_collection("handbook", embedding_function=None)
vectors = [[1.0 - chunk["score"], 0.0] for chunk in CHUNKS]
collection.add(
    ids=[c["id"] for c in CHUNKS], documents=[c["text"] for c in CHUNKS], embeddings=vectors
)
with exporting.get_tracer("bot").start_as_current_span("POST /ask"):
    collection.query(query_embeddings=[[0.0, 0.0]], n_results=3)
    client().chat.completions.create(model="acme-chat", messages=MESSAGES)
exporting.shutdown()
