import json

from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.storage.contents import compress, cut, expand, join

LONG = b"x" * 300


@given(st.binary(max_size=500), st.lists(st.binary(min_size=192, max_size=300), max_size=4))
def test_what_was_cut_joins_to_the_same_bytes(start: bytes, texts: list[bytes]) -> None:
    message = start + b"--".join(texts) + start
    assert join(*cut(message, texts)) == message


@given(st.binary(max_size=300))
def test_a_text_that_is_not_in_the_message_is_not_cut(message: bytes) -> None:
    skeleton, cuts = cut(message, [LONG])
    assert join(skeleton, cuts) == message


@given(st.lists(st.text(max_size=400), max_size=5))
def test_long_strings_are_cut_out_of_json_however_they_are_escaped(texts: list[str]) -> None:
    message = json.dumps([{"content": text} for text in texts]).encode()
    skeleton, cuts = cut(message, [message])
    assert join(skeleton, cuts) == message
    assert len(cuts) == sum(len(json.dumps(text)) - 2 >= 192 for text in texts)


@given(st.one_of(st.binary(max_size=2000), st.just(b"answer " * 4000)))
def test_what_was_compressed_expands(data: bytes) -> None:
    assert expand(compress(data)) == data


def test_bytes_that_do_not_compress_grow_by_one_byte_only() -> None:
    noise = bytes(range(256))
    assert len(compress(noise)) == len(noise) + 1
