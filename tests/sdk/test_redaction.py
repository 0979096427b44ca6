"""Nothing that should be masked leaves, by any way; what is masked can still be judged."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import Link
from tests.secret_samples import INNOCENT, KEYS, SECRETS

import groundwire as gw
from groundwire import client, observe
from groundwire.mask_patterns import _KEYS, luhn
from groundwire.redaction import DEFAULT_MASKS, Redactor
from groundwire.settings import load
from groundwire.testing import CollectedSpans, collect
from groundwire.transport import BatchOutcome

ALL_SECRETS = [(name, *entry) for name, entries in SECRETS.items() for entry in entries]


@pytest.mark.parametrize(("name", "text", "secret"), ALL_SECRETS)
def test_secrets_are_masked_by_kind(name: str, text: str, secret: str) -> None:
    for before, after in (("It is ", ", they said."), ("x ", " y"), ("", "")):
        masked = Redactor(DEFAULT_MASKS)(f"{before}{text}{after}", 1)
        assert f"[{name}_1]" in masked
        assert secret not in masked
        assert masked.startswith(before)
        assert masked.endswith(after)


def test_a_private_key_that_was_cut_off_is_masked_all_the_same() -> None:
    lines = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2] * 3)
    masked = Redactor(DEFAULT_MASKS)(f"It is -----BEGIN PRIVATE KEY-----\n{lines}\nMIIEv", 1)
    assert masked == "It is [PRIVATE_KEY_1]"


def test_every_prefix_of_a_key_has_a_sample() -> None:
    assert {prefix for prefix, _ in _KEYS} == KEYS.keys()


@pytest.mark.parametrize(("name", "text", "secret"), ALL_SECRETS)
def test_what_is_masked_already_stays_as_it_is(name: str, text: str, secret: str) -> None:
    redact = Redactor(DEFAULT_MASKS)
    once = redact(f"It is {text}, they said.", 1)
    assert redact(once, 1) == once


HOSTILE = [
    *(
        "4111 ",
        "4",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY----- a-",
        "a@",
        "@",
        "+1",
    ),
    *(
        "password=",
        'password="',
        "password='a",
        "eyJa.",
        "sk-",
        "a.",
        "%40",
        "://a:",
        "DE89 ",
        "DE",
    ),
    *(
        "<password>",
        "cookie: a=b; ",
        "Bearer ",
        "authorization: ",
        "token: ",
        "00 49",
        "(415) ",
        "\\",
    ),
    *('"', "password is ", "ssn ", "1 2-", "a@b.", "İpassword="),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_masking_takes_time_in_proportion_to_the_text(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 9.0
        for _ in range(3):
            redact = Redactor(DEFAULT_MASKS)
            began = time.process_time()
            redact(text, 1)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(80_000) < 8 * seconds(20_000) + 0.02


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_texts_stay_as_they_are(text: str) -> None:
    assert Redactor(DEFAULT_MASKS)(text, 1) == text


def test_the_same_value_has_the_same_mask_within_a_trace_only() -> None:
    redact = Redactor(DEFAULT_MASKS)
    assert redact("a@x.org b@x.org a@x.org", 1) == "[EMAIL_1] [EMAIL_2] [EMAIL_1]"
    assert redact("b@x.org", 1) == "[EMAIL_2]"
    assert redact("b@x.org", 2) == "[EMAIL_1]"


@given(st.text())
def test_masking_is_idempotent_and_never_raises(text: str) -> None:
    redact = Redactor(DEFAULT_MASKS)
    once = redact(text, 1)
    assert redact(once, 1) == once


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18), st.integers(0, 9))
def test_luhn_catches_every_single_wrong_digit(digits: list[int], place: int) -> None:
    whole = next(text for check in range(10) if luhn(text := "".join(map(str, [*digits, check]))))
    wrong = str((int(whole[place]) + 1) % 10)
    assert not luhn(whole[:place] + wrong + whole[place + 1 :])


class Wire:
    """What would be sent, as one text."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def send(self, spans: Sequence[ReadableSpan]) -> BatchOutcome:
        self.spans.extend(spans)
        return BatchOutcome(exported=len(spans))

    def text(self) -> str:
        return "\n".join(span.to_json() for span in self.spans)


SECRET = "bob@example.org"


def leaky(**settings: Any) -> str:
    """Put a secret everywhere a text can stand; all that leaves."""
    wire = Wire()
    theirs = client.Client(load({"also_export": ["other"], **settings}, {}), transport=wire)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(theirs.processor)
    before = client.install(theirs)
    theirs._tracer = provider.get_tracer("groundwire")
    try:

        @observe.retrieval(name=f"search {SECRET}")
        def search(question: str) -> Any:
            meta = {"owner": SECRET, SECRET: 1, "deep": [{"mail": SECRET}]}
            return [{"id": SECRET, "content": f"Mail {SECRET}.", "metadata": meta}]

        @observe.generation(model=SECRET)
        def generate(question: str) -> str:
            raise ValueError(f"no answer for {SECRET}")

        @observe
        def ask(question: str) -> str:
            gw.annotate(user_id=SECRET, session_id=SECRET, tenant=SECRET)
            search(question)
            try:
                generate(question)
            except ValueError:
                return f"Ask {SECRET}."
            return ""

        ask(f"Who is {SECRET}?")
        tracer = provider.get_tracer("other")
        with tracer.start_as_current_span("outer") as outer:
            pass
        link = Link(outer.get_span_context(), {"who": SECRET})
        with tracer.start_as_current_span(f"other {SECRET}", links=[link]) as span:
            span.set_attribute("mail", SECRET)
            span.set_attribute("list", [SECRET])
            span.set_attribute("json", json.dumps([{"who": f"é {SECRET}"}]))
            span.add_event(f"event {SECRET}", {"who": SECRET})
        gw.flush()
    finally:
        client.install(before)
    assert len(wire.spans) == 5
    return wire.text()


def test_no_text_of_any_span_carries_a_secret() -> None:
    sent = leaky()
    assert SECRET not in sent
    assert "example.org" not in sent
    assert "[EMAIL_1]" in sent


def test_without_redaction_the_same_test_finds_the_secret_everywhere() -> None:
    assert leaky(redact="off").count(SECRET) > 20


def test_a_redactor_that_raises_drops_the_content() -> None:
    def broken(text: str) -> str:
        raise RuntimeError("no")

    sent = leaky(redact=broken)
    assert SECRET not in sent
    assert "Mail" not in sent
    assert "__REDACTED__" in sent


def test_a_redactor_that_returns_no_text_drops_the_content() -> None:
    sent = leaky(redact=lambda text: None)
    assert SECRET not in sent
    assert "Mail" not in sent


def test_hash_only_mode_sends_hashes_and_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = leaky(content="hash", hash_key="k")
    assert SECRET not in sent
    assert "Mail" not in sent
    assert "no answer" not in sent
    with collect(content="hash", hash_key="k") as spans:
        search = observe.retrieval(name="search")(lambda question: ["Refunds take 14 days."] * 2)
        search("why?")
        one, two = spans.named("search").chunks
        assert one["content"] == "__REDACTED__"
        assert one["hmac_sha256"] == two["hmac_sha256"]
        assert one["length"] == 21
        hashed = spans.named("search").attributes["groundwire.hashed"]
        assert hashed["gen_ai.retrieval.query.text"]["length"] == 4
    with collect(content="hash", hash_key="other") as spans:
        search("why?")
        assert spans.named("search").chunks[0]["hmac_sha256"] != one["hmac_sha256"]


def test_the_installations_own_secret_is_made_once_and_private(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    found = []
    for _ in range(2):
        with collect(content="hash") as spans:
            observe.retrieval(name="search")(lambda question: ["text"])("why?")
            found.append(spans.named("search").chunks[0]["hmac_sha256"])
    assert found[0] == found[1]
    path = tmp_path / "groundwire" / "hash.key"
    assert path.stat().st_mode & 0o777 == 0o600


def test_content_none_sends_neither_texts_nor_hashes() -> None:
    sent = leaky(content="none")
    assert SECRET not in sent
    assert "Mail" not in sent
    assert "hmac" not in sent


def test_an_allow_list_lets_only_the_named_texts_through() -> None:
    allow = ["gen_ai.operation.name", "groundwire.*", "service.*"]
    sent = leaky(redact="off", allow=allow)
    assert "Mail" not in sent
    assert "Who is" not in sent
    assert sent.count(SECRET) == sent.count("groundwire.tenant")
    assert "invoke_workflow" in sent


def test_own_masks_replace_the_built_in_ones() -> None:
    masks = [*gw.DEFAULT_MASKS, gw.Mask("ORDER", r"ORD-\d+")]
    with collect(redact=masks) as spans:
        observe(name="ask")(lambda question: f"{question} a@x.org")("ORD-17?")
        assert spans.named("ask").answer == "[ORDER_1]? [EMAIL_1]"


def test_a_long_text_is_masked_before_it_is_cut(spans: CollectedSpans) -> None:
    with collect(max_text=20) as spans:
        observe(name="ask")(lambda question: "x" * 15 + " bob@example.org " + "y" * 30)("why?")
        span = spans.named("ask")
        assert span.answer == "x" * 15 + " [EMA"
        cut = span.attributes["groundwire.truncated"]["gen_ai.output.messages"]
        assert cut["original_length"] == 15 + 1 + len("[EMAIL_1]") + 1 + 30


def test_cut_chunks_say_which_and_how_long_they_were() -> None:
    with collect(max_text=10, max_chunks=2) as spans:
        search = observe.retrieval(name="search")(lambda question: ["a" * 5, "b" * 25, "c"])
        search("why?")
        span = spans.named("search")
        assert [chunk["content"] for chunk in span.chunks] == ["a" * 5, "b" * 10]
        reported = span.attributes["groundwire.truncated"]["gen_ai.retrieval.documents"]
        assert reported["original_count"] == 3
        assert reported["chunks"]["1"]["original_length"] == 25


def test_texts_that_utf8_cannot_carry_are_sent_all_the_same(spans: CollectedSpans) -> None:
    observe(name="ask")(lambda question: "a\ud800b\x00c")("why?")
    assert spans.named("ask").answer == "a\ufffdb\x00c"
