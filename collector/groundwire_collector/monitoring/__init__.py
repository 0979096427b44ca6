"""Judgements to counters and alarms: what is counted, what is watched for drift."""
