"""Alarms to a webhook of the user's, for people without Alertmanager."""
