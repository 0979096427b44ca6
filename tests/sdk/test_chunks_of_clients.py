"""Chunks read from the results of real retrieval libraries."""

import datetime
import json
import sqlite3
import uuid
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from groundwire import observe
from groundwire.reading.chunks import read_chunks
from groundwire.testing import CollectedSpans

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
clients = pytest.mark.needs("clients")
TEXTS = ["Refunds take 14 days.", "Parcels leave on Mondays."]
SOURCES = ["refunds.md", "parcels.md"]


def search(result: Any) -> Callable[..., Any]:
    @observe.retrieval(name="search")
    def search(query: str, k: int = 2) -> Any:
        return result() if callable(result) else result

    return search


def check(
    spans: CollectedSpans, *, score: bool = True, source: bool = True, ids: bool = True
) -> list[dict[str, Any]]:
    span = spans.named("search")
    assert span.attributes["gen_ai.operation.name"] == "retrieval"
    assert span.question == "refunds"
    assert span.attributes["gen_ai.retrieval.top_k"] == 2
    assert [chunk["content"] for chunk in span.chunks] == TEXTS
    if ids:
        assert [chunk["id"] for chunk in span.chunks] == ["1", "2"]
    if score:
        assert all(isinstance(chunk["score"], float) for chunk in span.chunks)
    if source:
        assert [chunk["metadata"]["source"] for chunk in span.chunks] == SOURCES
    return span.chunks


def langchain_documents() -> Any:
    from langchain_core.documents import Document

    return [
        Document(id=str(i + 1), page_content=text, metadata={"source": source})
        for i, (text, source) in enumerate(zip(TEXTS, SOURCES, strict=True))
    ]


@clients
def test_langchain_documents_and_scored_pairs(spans: CollectedSpans) -> None:
    documents = langchain_documents()
    search(documents)("refunds")
    check(spans, score=False)


@clients
@pytest.mark.parametrize("scores", [False, True])
def test_langchain_with_faiss(spans: CollectedSpans, scores: bool) -> None:
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import DeterministicFakeEmbedding

    store = FAISS.from_documents(
        langchain_documents(), DeterministicFakeEmbedding(size=8), ids=["1", "2"]
    )
    find = store.similarity_search_with_score if scores else store.similarity_search
    result = search(lambda: sorted(find("refunds", k=2), key=lambda d: str(d)))("refunds")
    assert len(result) == 2
    chunks = spans.named("search").chunks
    assert sorted(chunk["content"] for chunk in chunks) == sorted(TEXTS)
    assert all(("score" in chunk) is scores for chunk in chunks)


@clients
def test_faiss_pairs(spans: CollectedSpans) -> None:
    import faiss
    import numpy as np

    index = faiss.IndexFlatL2(4)
    index.add(np.eye(4, dtype="float32")[:2])
    search(lambda: index.search(np.eye(4, dtype="float32")[:1], 3))("refunds")
    chunks = spans.named("search").chunks
    assert [chunk["id"] for chunk in chunks] == ["0", "1"]
    assert [chunk["metadata"]["distance"] for chunk in chunks] == [0.0, 2.0]


@clients
def test_chroma(spans: CollectedSpans) -> None:
    import chromadb

    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection(f"c{uuid.uuid4().hex}", embedding_function=None)
    collection.add(
        ids=["1", "2"],
        documents=TEXTS,
        metadatas=[{"source": source} for source in SOURCES],
        embeddings=[[1.0, 0.0], [0.0, 1.0]],
    )
    search(lambda: collection.query(query_embeddings=[[1.0, 0.1]], n_results=2))("refunds")
    chunks = check(spans, score=False)
    assert chunks[0]["metadata"]["distance"] < chunks[1]["metadata"]["distance"]
    assert [chunk.text for chunk in read_chunks(collection.get()) or ()] == TEXTS


@clients
def test_qdrant(spans: CollectedSpans) -> None:
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection("c", models.VectorParams(size=2, distance=models.Distance.COSINE))
    client.upsert(
        "c",
        [
            models.PointStruct(
                id=i + 1, vector=vector, payload={"text": TEXTS[i], "source": SOURCES[i]}
            )
            for i, vector in enumerate([[1.0, 0.0], [0.0, 1.0]])
        ],
    )
    search(lambda: client.query_points("c", query=[1.0, 0.1], limit=2))("refunds")
    check(spans)
    client.close()


@clients
def test_llama_index(spans: CollectedSpans) -> None:
    from llama_index.core.schema import NodeWithScore, TextNode

    nodes = [
        NodeWithScore(
            node=TextNode(id_=str(i + 1), text=text, metadata={"source": SOURCES[i]}),
            score=0.9 - i / 10,
        )
        for i, text in enumerate(TEXTS)
    ]
    search(nodes)("refunds")
    check(spans)


@clients
def test_llama_index_retriever(spans: CollectedSpans) -> None:
    from llama_index.core import MockEmbedding, VectorStoreIndex
    from llama_index.core.schema import TextNode

    index = VectorStoreIndex(
        [TextNode(id_=str(i + 1), text=text) for i, text in enumerate(TEXTS)],
        embed_model=MockEmbedding(embed_dim=4),
    )
    observe.retrieval(name="search")(index.as_retriever().retrieve)("refunds")
    span = spans.named("search")
    assert span.question == "refunds"
    assert sorted(chunk["content"] for chunk in span.chunks) == sorted(TEXTS)
    assert sorted(chunk["id"] for chunk in span.chunks) == ["1", "2"]


@clients
def test_haystack(spans: CollectedSpans) -> None:
    from haystack import Document
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore()
    store.write_documents(
        [
            Document(id=str(i + 1), content=text, meta={"source": SOURCES[i]})
            for i, text in enumerate(TEXTS)
        ]
    )
    retriever = InMemoryBM25Retriever(store)
    search(lambda: retriever.run(query="refunds 14 days parcels", top_k=2))("refunds")
    check(spans)


@clients
def test_pinecone(spans: CollectedSpans) -> None:
    from pinecone import QueryResponse, ScoredVector

    matches = [
        ScoredVector(
            id=str(i + 1),
            score=0.9 - i / 10,
            values=[0.1] * 8,
            metadata={"text": text, "source": SOURCES[i]},
        )
        for i, text in enumerate(TEXTS)
    ]
    search(QueryResponse(matches=matches, namespace=""))("refunds")
    check(spans)


@clients
def test_weaviate(spans: CollectedSpans) -> None:
    from weaviate.collections.classes.internal import MetadataReturn, Object, QueryReturn

    objects = [
        Object(
            uuid=uuid.UUID(int=i + 1),
            metadata=MetadataReturn(score=0.9 - i / 10, distance=0.1 + i),
            properties={"text": text, "source": SOURCES[i]},
            references=None,
            vector={},
            collection="C",
        )
        for i, text in enumerate(TEXTS)
    ]
    search(QueryReturn(objects=objects))("refunds")
    chunks = check(spans, ids=False)
    assert chunks[0]["id"] == str(uuid.UUID(int=1))
    assert chunks[0]["score"] == 0.9
    assert chunks[0]["metadata"]["distance"] == pytest.approx(0.1)


@clients
def test_milvus(spans: CollectedSpans) -> None:
    from pymilvus.client.search_result import SearchResult
    from pymilvus.grpc_gen import schema_pb2 as pb

    def column(name: str, values: list[str], number: int) -> Any:
        return pb.FieldData(
            type=pb.DataType.VarChar,
            field_name=name,
            field_id=number,
            scalars=pb.ScalarField(string_data=pb.StringArray(data=values)),
        )

    data = pb.SearchResultData(
        num_queries=1,
        top_k=2,
        scores=[0.9, 0.8],
        ids=pb.IDs(int_id=pb.LongArray(data=[1, 2])),
        topks=[2],
        output_fields=["text", "source"],
        fields_data=[column("text", TEXTS, 101), column("source", SOURCES, 102)],
        primary_field_name="id",
    )
    search(SearchResult(data))("refunds")
    chunks = check(spans, score=False)
    assert chunks[0]["metadata"]["distance"] == pytest.approx(0.9)


def rows(factory: Any) -> Any:
    database = sqlite3.connect(":memory:")
    database.row_factory = factory
    database.execute("create table chunk (id integer, content text, source text, distance real)")
    for i, text in enumerate(TEXTS):
        values = (i + 1, text, SOURCES[i], 0.1 + i)
        database.execute("insert into chunk values (?, ?, ?, ?)", values)
    found = database.execute("select * from chunk order by distance").fetchall()
    database.close()
    return found


def test_plain_sql_rows(spans: CollectedSpans) -> None:
    search(lambda: rows(None))("refunds")
    texts = [json.loads(chunk["content"]) for chunk in spans.named("search").chunks]
    assert texts == [[1, TEXTS[0], SOURCES[0], 0.1], [2, TEXTS[1], SOURCES[1], 1.1]]


def test_named_sql_rows(spans: CollectedSpans) -> None:
    search(lambda: rows(sqlite3.Row))("refunds")
    check(spans, score=False)


@clients
def test_rows_and_objects_of_sqlalchemy(spans: CollectedSpans) -> None:
    import sqlalchemy as sa
    from sqlalchemy import orm

    class Base(orm.DeclarativeBase):
        pass

    class Passage(Base):
        __tablename__ = "passage"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        content: orm.Mapped[str]
        source: orm.Mapped[str]

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all(
            [Passage(id=i + 1, content=t, source=SOURCES[i]) for i, t in enumerate(TEXTS)]
        )
        session.commit()
        statement = sa.select(Passage.id, Passage.content, Passage.source)
        search(session.execute(statement).all())("refunds")
        check(spans, score=False)
        objects = session.scalars(sa.select(Passage)).all()
        assert [chunk.text for chunk in read_chunks(objects) or ()] == TEXTS
        pairs = session.execute(sa.select(Passage, sa.literal(0.5))).all()
        found = read_chunks(pairs) or []
        assert [(chunk.text, chunk.score) for chunk in found] == [(t, 0.5) for t in TEXTS]
        session.expire_all()
        queries = []
        sa.event.listen(engine, "before_cursor_execute", lambda *a: queries.append(a))
        read_chunks(objects)
        assert queries == []
    engine.dispose()


@clients
def test_data_frames(spans: CollectedSpans) -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": [1, 2], "text": TEXTS, "score": [0.9, 0.8], "source": SOURCES})
    search(frame)("refunds")
    check(spans)


@dataclass
class Passage:
    id: str
    body: str
    score: float
    source: str


PassageTuple = namedtuple("PassageTuple", "id text score source")


@pytest.mark.parametrize("make", [Passage, PassageTuple])
def test_dataclasses_named_tuples_and_tuples(make: Any, spans: CollectedSpans) -> None:
    search([make(str(i + 1), text, 0.9, SOURCES[i]) for i, text in enumerate(TEXTS)])("refunds")
    chunks = check(spans, source=False)
    assert all(chunk["score"] == 0.9 for chunk in chunks)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: items,
        tuple,
        lambda items: {"documents": items},
        lambda items: {"retriever": {"documents": items}},
        lambda items: {"results": {"items": items}},
        lambda items: {"hits": {"hits": items}},
        lambda items: [items],
        lambda items: dict(enumerate(items)).values(),
        lambda items: (item for item in items),
        lambda items: map(dict, items),
    ],
)
def test_containers_of_mappings(wrap: Any, spans: CollectedSpans) -> None:
    items = [
        {"id": str(i + 1), "content": text, "score": 0.9, "source": SOURCES[i]}
        for i, text in enumerate(TEXTS)
    ]
    result = search(lambda: wrap(items))("refunds")
    if hasattr(result, "__next__"):
        assert len(list(result)) == 2
    check(spans)


def test_texts(spans: CollectedSpans) -> None:
    search(TEXTS)("refunds")
    check(spans, ids=False, score=False, source=False)


@pytest.mark.parametrize("empty", [[], (), {}, None, {"documents": []}, {"documents": [[]]}])
def test_an_empty_retrieval_is_a_value(empty: Any, spans: CollectedSpans) -> None:
    search(empty)("refunds")
    assert spans.named("search").attributes["gen_ai.retrieval.documents"] == []


@pytest.mark.parametrize("unknown", [3, b"bytes", object(), [1, 2]])
def test_an_unknown_shape_is_stated_and_not_guessed(
    unknown: Any, spans: CollectedSpans, caplog: pytest.LogCaptureFixture
) -> None:
    assert search(unknown)("refunds") is unknown
    assert "gen_ai.retrieval.documents" not in spans.named("search").attributes


def test_overrides_say_where_query_and_chunks_are(spans: CollectedSpans) -> None:
    @observe.retrieval(
        name="search",
        query=lambda request: request["deep"]["q"],
        chunks=lambda result: [{"id": i, "text": t} for i, t in result["weird"].items()],
    )
    def search(request: Any) -> Any:
        return {"weird": {"1": TEXTS[0], "2": TEXTS[1]}}

    search({"deep": {"q": "refunds"}})
    span = spans.named("search")
    assert span.question == "refunds"
    assert [chunk["content"] for chunk in span.chunks] == TEXTS

    @observe.retrieval(name="named", query="second")
    def named(first: str, second: str) -> list[str]:
        return TEXTS

    named("a", "b")
    assert spans.named("named").question == "b"


def test_an_override_that_raises_does_no_harm(spans: CollectedSpans) -> None:
    @observe.retrieval(query=lambda q: q.nope, chunks=lambda r: r.nope)
    def search(query: str) -> list[str]:
        return TEXTS

    assert search("refunds") == TEXTS
    assert spans.all[0].status == "UNSET"


def test_metadata_is_copied_and_made_plain(spans: CollectedSpans) -> None:
    metadata: dict[str, Any] = {
        "at": datetime.datetime(2026, 1, 2),
        "id": uuid.UUID(int=1),
        "tags": {"a"},
        "deep": {"a": {"b": {"c": {"d": 1}}}},
        "odd": object(),
        1: "number key",
    }
    documents = [{"id": "1", "text": "t", "metadata": metadata}]
    search(documents)("refunds")
    metadata["at"] = "changed later"
    documents.clear()
    found = spans.named("search").chunks[0]["metadata"]
    assert found["at"] == "2026-01-02T00:00:00"
    assert found["tags"] == ["a"]
    assert found["1"] == "number key"
    assert found["odd"] is None


def test_two_hundred_chunks_survive_the_default_limits(spans: CollectedSpans) -> None:
    chunks = [{"id": str(i), "content": "word " * 800, "score": 1 - i / 200} for i in range(200)]
    search(chunks)("refunds")
    span = spans.named("search")
    assert [chunk["id"] for chunk in span.chunks] == [str(i) for i in range(200)]
    assert all(len(chunk["content"]) == 4000 for chunk in span.chunks)
    assert "groundwire.truncated" not in span.attributes
    assert span.raw.dropped_attributes == 0
