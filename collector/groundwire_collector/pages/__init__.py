"""Plain pages for people without Grafana, and for the way from an alert to an answer."""

from groundwire_collector.pages import alarms, icon, login, runbooks, turns

ROUTERS = (login.router, icon.router, turns.router, alarms.router, runbooks.router)
