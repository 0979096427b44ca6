"""Current turn: shared state of its spans, and annotations."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from groundwire import attachment, attributes
from groundwire.closed_book import ClosedBook
from groundwire.diagnostics import trouble, warn_once

TURN = otel_context.create_key("groundwire-turn")
TAGS = otel_context.create_key("groundwire-tags")
CLOSED_BOOK = otel_context.create_key("groundwire-closed_book")

_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "model_version": (attributes.MODEL_VERSION,),
    "prompt_version": (attributes.PROMPT_VERSION,),
    "prompt_name": (attributes.PROMPT_NAME,),
    "index_version": (attributes.INDEX_VERSION,),
    "adapter": (attributes.ADAPTER,),
    "release": (attributes.RELEASE,),
    "session_id": (attributes.SESSION_ID, attributes.CONVERSATION_ID),
    "user_id": (attributes.USER_ID,),
    "tenant": (attributes.TENANT,),
    "route": (attributes.ROUTE,),
    "probe": (attributes.PROBE,),
}
ROUTES = ("retrieval", "parametric", "cache", "tool")


class TurnSpan:
    """Shared state of a turn's spans; `tags` go to all."""

    __slots__ = (
        "_annotated",
        "closed_book_calls",
        "generated",
        "has_context",
        "known",
        "open",
        "question",
        "retrieved",
        "route",
        "tags",
    )

    def __init__(self, tags: Mapping[str, Any], *, open: bool = True) -> None:  # noqa: A002
        self.open = open  # False: a lone retrieval or generation, no turn around it
        self.tags = dict(tags)
        self._annotated: set[str] = set()
        self.question: str | None = None
        self.route: str | None = None  # set by a step of the turn
        self.retrieved = False
        self.generated = False
        self.has_context = False
        self.known: list[Any] = []  # results of the turn's retrievals, to know them again
        self.closed_book_calls: list[tuple[ClosedBook, Callable[[], object]]] = []

    def say(self, tags: Mapping[str, Any]) -> None:
        """Set tags with priority: by the turn's decorator, then by `annotate`."""
        self._annotated.update(tags)
        self.tags.update(tags)

    def suggest(self, tags: Mapping[str, Any]) -> None:
        """Set tags that are still unset: by the decorators inside the turn."""
        for name, value in tags.items():
            if name not in self._annotated:
                self.tags[name] = value

    def detected_route(self) -> str | None:
        """Route of the turn, None until known."""
        if self.route:
            return self.route
        if self.retrieved or self.has_context:
            return "retrieval"
        return "parametric" if self.generated else None


def tag_attributes(tags: Mapping[str, Any]) -> dict[str, Any]:
    """`{"model_version": "ft-2"}` as span attributes; None values are left out."""
    found = {}
    for name, value in tags.items():
        if value is None:
            continue
        for attribute in _ATTRIBUTES[name]:
            found[attribute] = value if isinstance(value, bool) else str(value)
    return found


def current_turn() -> TurnSpan | None:
    """The turn this code runs in, also in its threads and tasks that carry the context."""
    turn = otel_context.get_value(TURN)
    return turn if isinstance(turn, TurnSpan) else None


class annotate:  # noqa: N801 - called like a function
    """Annotates a turn with versions, session, user, tenant, route.

    Called inside a turn, it applies to that turn, whose spans all carry it. As a `with` block it
    also applies to every turn that begins inside the block (in a request handler, say):

        @observe
        def ask(question):
            gw.annotate(model_version="ft-2" if rolled_out(question) else "ft-1")

        with gw.annotate(session_id=request.session, tenant=request.tenant):
            ask(question)

    What is said here wins over the decorator, which wins over `gw.init`. Never raises.
    """

    __slots__ = ("_tags", "_token")

    def __init__(
        self,
        *,
        model_version: str | None = None,
        prompt_version: str | None = None,
        prompt_name: str | None = None,
        index_version: str | None = None,
        adapter: str | None = None,
        release: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        route: str | None = None,
        probe: bool | None = None,
    ) -> None:
        arguments = locals()
        self._token: Any = None
        self._tags: dict[str, Any] = {}
        try:
            self._tags = tag_attributes({name: arguments[name] for name in _ATTRIBUTES})
            turn = current_turn()
            if turn is not None:
                turn.say(self._tags)
        except Exception as error:
            trouble("annotate", error)
        if route is not None and route not in ROUTES:
            warn_once(f"route:{route!r}", "route %r is none of %s", route, ", ".join(ROUTES))

    def __enter__(self) -> "annotate":
        try:
            current = otel_context.get_current()
            self._token = attachment.attach(with_tags(current, self._tags))
        except Exception as error:
            trouble("annotate", error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        attachment.detach(self._token)


def with_tags(context: Context, tags: Mapping[str, Any]) -> Context:
    """Context that adds `tags` to the turns started in it."""
    inherited = context.get(TAGS)
    merged = {**inherited, **tags} if isinstance(inherited, dict) else dict(tags)
    return otel_context.set_value(TAGS, merged, context)
