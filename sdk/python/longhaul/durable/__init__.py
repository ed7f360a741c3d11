"""Durable jobs: processes as coroutine functions, which survive crashes and hold no worker while they wait."""
