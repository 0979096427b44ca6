"""Texts of structured chunks: rows, mappings and question-answer pairs.

A record is shown to the model with its values, so its text is all of them, as JSON under their
names; a score or an id is read only where it is named so. Shared by SDK and collector.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

SHORT_TEXT = 300  # characters; a longer text is a document, and what stands beside it is about it
PROSE_WORDS = 4

# Fields that say where a document comes from, not what it says.
ABOUT_DOCUMENTS = frozenset(
    """
    source title url uri link href path file filename file_name file_path page page_number
    page_label section heading chapter author authors date created_at updated_at last_modified
    published published_at lang language mime_type mimetype content_type doc_type document_type
    index chunk_index chunk_number position rank start end offset start_index end_index tokens
    token_count n_tokens length size hash checksum collection namespace class type kind
    tags category topic embedding_model embedding vector version row row_id tenant tenant_id acl
    parent parent_id ref_doc_id references relationships distance certainty explain_score
    creation_time last_update_time file_type file_size creation_date last_modified_date lc
    object excluded_embed_metadata_keys excluded_llm_metadata_keys metadata_template
    metadata_separator text_template start_char_idx end_char_idx class_name mimetype
    """.split()
)
_PAIRS = (
    ("question", "answer"),
    ("q", "a"),
    ("frage", "antwort"),
    ("pregunta", "respuesta"),
    ("query", "response"),
    ("prompt", "completion"),
    ("title", "answer"),
)


def text_of_record(fields: Mapping[str, Any] | Sequence[Any]) -> str:
    """The record as one text: JSON with its names."""
    return json.dumps(fields, ensure_ascii=False, default=str)


def holds_values(fields: Mapping[str, Any]) -> bool:
    """Whether fields contain the record's content, not only a document's origin."""
    return any(
        value is not None and value != "" and str(name).lower() not in ABOUT_DOCUMENTS
        for name, value in fields.items()
    )


def is_record(text: str | None, beside: Mapping[str, Any]) -> bool:
    """Whether a text with these fields beside it is one field of a record.

    Without a text it is one where the fields hold values; a long text is a document.
    """
    if text is not None and len(text) > SHORT_TEXT:
        return False
    return holds_values(beside)


def pair_of(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The names of question and answer, where the fields are a pair of a list of questions."""
    names = {str(name).lower(): str(name) for name in fields}
    for question, answer in _PAIRS:
        if question in names and answer in names:
            found = names[question], names[answer]
            if all(isinstance(fields[name], str) for name in found):
                return found
    return None


def is_row(values: Sequence[Any]) -> bool:
    """Whether a list is one row of columns and not a list of texts."""
    if len(values) < 2 or not all(_is_scalar(value) for value in values):
        return False
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        return bool(texts)
    prose = [len(text.split()) >= PROSE_WORDS for text in texts]
    return any(prose) and not all(prose)


def is_single_row(values: Sequence[Any]) -> bool:
    """Whether what a query returned is one row (`fetchone`): short texts beside a number."""
    numbers = any(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    texts = [value for value in values if isinstance(value, str)]
    short = all(len(text) <= SHORT_TEXT for text in texts)
    return numbers and short and len(values) > 1 and is_row(values)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
