"""The default client: it finds the server by the environment, when it is first used."""

from __future__ import annotations

from .client import Mattock

client = Mattock()

task = client.task
batch_task = client.batch_task
durable_task = client.durable_task
workflow = client.workflow
worker = client.worker
