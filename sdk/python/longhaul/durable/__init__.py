"""Durable jobs: processes written as coroutine functions, which survive crashes and hold no worker while they wait."""

from .flow import Flow, PendingSignal
from .steps import StepContext, StepRetry, current_step

__all__ = ["Flow", "PendingSignal", "StepContext", "StepRetry", "current_step"]
