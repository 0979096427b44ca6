"""Nothing that should be masked leaves, by any way; what is masked can still be judged."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import Link

import groundwire as gw
from groundwire import client, observe
from groundwire.redaction import DEFAULT_MASKS, Redactor, luhn
from groundwire.settings import load
from groundwire.testing import CollectedSpans, collect
from groundwire.transport import BatchOutcome

SECRETS = {
    "EMAIL": ["bob@example.org", "a.b+c@sub.example.co.uk", "müller@straße.de"],
    "CARD": ["4111 1111 1111 1111", "4111111111111111", "3782 822463 10005"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "PHONE": ["+49 30 901820", "+1 (415) 555-0100"],
    "SSN": ["078-05-1120"],
    "KEY": ["sk-proj-abcdefghijklmnopqrstuv", "AKIAIOSFODNN7EXAMPLE", "gw_0123456789abcdef01"],
    "TOKEN": ["eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKK"],
    "PASSWORD": ["password=hunter22", "postgres://app:hunter22@db/x"],
    "PRIVATE_KEY": ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"],
}
INNOCENT = [
    "Order 12345678901234 of 2024-05-06, see section 3.2.1.",
    "550e8400-e29b-41d4-a716-446655440000",
    "00000000-0000-0000-0000-000000000001",
    "The secret of a good password is its length.",
    "Call sk-learn's fit() with 1,000,000 rows; a basic understanding helps.",
    "1 + 1 = 2 and 10-20-3000 points @ noon",
    "4111111111111112 fails the check digit",
]


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, ts in SECRETS.items() for t in ts])
def test_secrets_are_masked_by_kind(name: str, text: str) -> None:
    masked = Redactor(DEFAULT_MASKS)(f"It is {text}, they said.", 1)
    assert f"[{name}_1]" in masked
    assert "hunter22" not in masked
    assert masked.startswith("It is ")
    assert masked.endswith(", they said.")


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
        told = span.attributes["groundwire.truncated"]["gen_ai.retrieval.documents"]
        assert told["original_count"] == 3
        assert told["chunks"]["1"]["original_length"] == 25


def test_texts_that_utf8_cannot_carry_are_sent_all_the_same(spans: CollectedSpans) -> None:
    observe(name="ask")(lambda question: "a\ud800b\x00c")("why?")
    assert spans.named("ask").answer == "a?b\x00c"
