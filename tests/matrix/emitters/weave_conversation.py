import weave
from corpus import CHUNKS, MESSAGES, QUESTION, SESSION, client, provider

exporting = provider()  # the one that is there already is used: no account, no weave.init()
conversation = weave.Conversation(conversation_id=SESSION, agent_name="helper", model="acme-chat")
with conversation, conversation.start_turn(user_message=QUESTION) as turn:
    with turn.start_tool(name="search", arguments={"query": QUESTION}) as search:
        search.result = CHUNKS
    with turn.start_llm(provider_name="openai") as call:
        done = client().chat.completions.create(model="acme-chat", messages=MESSAGES)
        text = done.choices[0].message.content
        call.record(
            input_messages=[weave.Message(**message) for message in MESSAGES],
            output_messages=[weave.Message(role="assistant", content=text)],
            usage=weave.Usage(
                input_tokens=done.usage.prompt_tokens, output_tokens=done.usage.completion_tokens
            ),
            response_id=done.id,
            response_model=done.model,
        )
    turn.record(output_messages=[weave.Message(role="assistant", content=text)])
exporting.shutdown()
