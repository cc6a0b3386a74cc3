"""Alerts: rules on failures, queues, workers and tokens, and the messages to people when one holds."""

from .book import Alerts
from .channel import Channel, ChannelKind
from .courier import Courier, Smtp
from .rule import Rule, RuleKind
from .watch import Watch

__all__ = ["Alerts", "Channel", "ChannelKind", "Courier", "Rule", "RuleKind", "Smtp", "Watch"]
