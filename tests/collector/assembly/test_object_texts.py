"""Messages that were sent as Python's text of an object."""

import pytest

from groundwire_collector.assembly.object_texts import message_in
from groundwire_collector.assembly.value_parsing import Message, messages, parse_question

AUTOGEN = (
    "id='9d96' source='user' models_usage=None metadata={} created_at=datetime.datetime(2026, 11, "
    "29, tzinfo=datetime.timezone.utc) content='Where is it?\\nI\\'m lost.' type='TextMessage'"
)
HELPER = "id='9d97' source='helper' metadata={} content='In the garden.' type='TextMessage'"
HUMAN = "HumanMessage(content='Where is it?', additional_kwargs={}, response_metadata={})"
AI = 'AIMessage(content="It\'s there.", additional_kwargs={})'


@pytest.mark.parametrize(
    ("text", "role", "content"),
    [
        (AUTOGEN, "user", "Where is it?\nI'm lost."),
        (HELPER, "assistant", "In the garden."),
        (HUMAN, "user", "Where is it?"),
        (AI, "assistant", "It's there."),
        ("content='Where is it?' additional_kwargs={}", "user", "Where is it?"),
        ("Message(role='system', content='Be brief.')", "system", "Be brief."),
    ],
)
def test_role_and_content_are_read(text, role, content):
    assert message_in(text) == {"role": role, "content": content}


@pytest.mark.parametrize(
    "text",
    [
        "What does content='x' mean?",
        "Where is it?",
        "a=1",
        "content=",
        "SELECT(content=1)",
        "",
        "id='1' content=''",
    ],
)
def test_other_texts_are_no_messages(text):
    assert message_in(text) is None


def test_the_question_is_that_of_the_last_message_of_the_person():
    later = AUTOGEN.replace("Where is it?", "And now?")
    assert parse_question({"messages": [AUTOGEN, HELPER, later]}) == "And now?\nI'm lost."


def test_a_conversation_of_objects_is_a_prompt():
    assert messages([HUMAN, AI]) == [
        Message("user", "Where is it?"),
        Message("assistant", "It's there."),
    ]
