"""Channels of alarm notifications: webhook, Slack, PagerDuty."""
