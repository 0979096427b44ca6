"""`/metrics` for Prometheus."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import OperationalError

from groundwire_collector.metrics.exposition import Exposition


def router(exposition: Exposition) -> APIRouter:
    """The route of one exposition; who may read it is the application's business."""
    routes = APIRouter()

    @routes.api_route("/metrics", methods=["GET", "HEAD"], include_in_schema=False)
    def metrics(request: Request) -> Response:
        # A plain function: reading the store must not hold up the event loop.
        try:
            body, content_type = exposition.render(request.headers.get("accept"))
        except OperationalError:
            return Response("the store cannot be read now\n", 503, media_type="text/plain")
        return Response(body, headers={"content-type": content_type, "vary": "Accept"})

    return routes
