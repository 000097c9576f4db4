"""Every metric that a driver exports, once: its name, kind, labels and buckets, and what it means.

Each has the label ``study`` as well. None has a label for each trial: a study may have a million.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]

STUDY = "study"  # the label that all of them have
PREFIX = "ray_"  # what Ray puts before each name in what it exports
_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Metric(NamedTuple):
    """One metric. ``labels``: beside ``study``. ``buckets``: upper bounds in seconds, of a histogram."""

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_SLOTS = "busy: attempts that run; idle: room that no attempt uses; wanted: tasks that wait for room."
_SECONDS = (
    "Seconds of attempts that ended. lost: after the last checkpoint of an attempt without a result; discarded: in "
    "trials that failed; useful: all others."
)
_RESTART = "Time to open a study with a history: to take it over, and to read its log."

_ALL = (
    Metric("rtl_trials", "gauge", "Trials of the study, by their state.", ("state",)),
    Metric("rtl_attempts_total", "counter", "Attempts that ended, by how they ended.", ("kind",)),
    Metric("rtl_promotions_total", "counter", "Promotions, by the rung that the trial left.", ("rung",)),
    Metric("rtl_reports_total", "counter", "Reports that were stored."),
    Metric("rtl_slots", "gauge", _SLOTS, ("state",)),
    Metric("rtl_slot_idle_seconds_total", "counter", "Seconds for which slots were idle while the run went on."),
    Metric("rtl_slot_seconds_total", "counter", _SECONDS, ("outcome",)),
    Metric("rtl_gpu_seconds_total", "counter", "rtl_slot_seconds_total times the GPUs of a trial.", ("outcome",)),
    Metric("rtl_commit_seconds", "histogram", "Duration of a transaction.", buckets=_FAST),
    Metric("rtl_suggest_seconds", "histogram", "Time the sampler took for one answer.", buckets=_FAST),
    Metric("rtl_restart_seconds", "histogram", _RESTART, buckets=_SLOW),
    Metric("rtl_checkpoint_bytes", "gauge", "Bytes of all checkpoints that are kept."),
    Metric("rtl_checkpoint_bytes_limit", "gauge", "optimize(max_checkpoint_bytes=...), where it is given."),
    Metric("rtl_best_value", "gauge", "Value of the best COMPLETE trial, in a study with one objective."),
    Metric("rtl_cost_dollars_total", "counter", "Cost of attempts, in the currency of optimize(prices=...)."),
    Metric("rtl_leases_expired_total", "counter", "Attempts that were given up because they sent no message."),
)

METRICS = {metric.name: metric for metric in _ALL}

__all__ = ["METRICS", "PREFIX", "STUDY", "Kind", "Metric"]
