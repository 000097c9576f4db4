"""The one door to Ray: the driver actor, the launcher that owns the tasks, the task itself, and resource requests."""

from .execute import execute

__all__ = ["execute"]
