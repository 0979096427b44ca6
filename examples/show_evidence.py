"""Show an answer with its evidence, as a chat UI does (docs/howto/show-evidence.md)."""

from html import escape

from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

GROUNDING = Grounding()


def answer_as_html(question: str, contexts: list[str], answer: str) -> str:
    """The answer with a footnote for each supported claim and a mark on every other one."""
    chunks = tuple(Chunk(text=text) for text in contexts)
    judged = GROUNDING.judge(Turn(id="", question=question, chunks=chunks, answer=answer))
    body, cited = marked(answer, judged)
    notes = "".join(f"<li value={n + 1}>{escape(contexts[n])}</li>" for n in cited)
    return f"<p>{body}</p><ol>{notes}</ol>"


def marked(answer: str, judged: Evaluation) -> tuple[str, list[int]]:
    """The answer's HTML, and the indexes of the contexts that it cites."""
    parts, cited, end = [], set[int](), 0
    for claim in judged.claims:
        parts.append(escape(answer[end : claim.start]))
        text, end = escape(answer[claim.start : claim.end]), claim.end
        if claim.verdict == "supported" and claim.chunk is not None:
            cited.add(claim.chunk)
            parts.append(f"{text}<sup>{claim.chunk + 1}</sup>")
        else:
            reason = escape(claim.reason or "not in the sources")
            parts.append(f'<mark title="{reason}">{text}</mark>')
    return "".join([*parts, escape(answer[end:])]), sorted(cited)


if __name__ == "__main__":
    pages = ["The desk opens at 9.", "The lamp costs 49 euros and weighs 2 kg."]
    print(
        answer_as_html("Price and hours?", pages, "The lamp costs 49 euros. The desk opens at 8.")
    )
