"""Server-rendered pages: overview, turns, alarms, estimates, labelling, runbooks."""

from groundwire_collector.web.pages import (
    alarms,
    api_reference,
    distributions,
    estimates,
    failed_traces,
    icon,
    labels,
    login,
    overview,
    runbooks,
    sessions,
    turn,
    turns,
    unanswered_traces,
)

ROUTERS = (
    login.router,
    icon.router,
    overview.router,
    turns.router,
    turn.router,
    failed_traces.router,
    unanswered_traces.router,
    sessions.router,
    labels.router,
    estimates.router,
    alarms.router,
    distributions.router,
    runbooks.router,
    api_reference.router,
)
