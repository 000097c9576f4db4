"""What Weights & Biases wrote offline, read back: the package reads its files in a program of its own."""

from __future__ import annotations

import json
import struct
import time

BLOCK = 32768  # bytes


def records(path):
    """The records of a run that has ended; wandb writes the last ones after ``finish`` has returned."""
    until = time.monotonic() + 20
    while True:
        found = list(_written(path))
        if found and found[-1].HasField("exit"):
            return found
        assert time.monotonic() < until, f"{path} has no end: {found}"
        time.sleep(0.05)


def _written(path):
    """The records of a run's file: LevelDB's log format, 7 bytes of W&B's before it."""
    from wandb.proto import wandb_internal_pb2

    data, at, parts = path.read_bytes(), 7, b""
    assert data[:4] in (b":W&B", b"")
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # a block's rest is padding
            at += BLOCK - at % BLOCK
            continue
        size, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        parts, at = parts + data[at + 7 : at + 7 + size], at + 7 + size
        if kind in (1, 4):  # the whole of a record, or its last part
            yield wandb_internal_pb2.Record.FromString(parts)
            parts = b""


def items(entries):
    """Their values by name."""
    return {one.key or one.nested_key[0]: json.loads(one.value_json) for one in entries}


def history(path):
    """The rows that a run logged."""
    return [items(record.history.item) for record in records(path) if record.HasField("history")]
