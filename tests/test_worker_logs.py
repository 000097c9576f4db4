"""Why workers died: one look a node, however many died there, and nobody waits for it. Starts no Ray."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from raytune_lite.core.messages import FailureKind
from raytune_lite.runtime.handover import Lost
from raytune_lite.runtime.on_ray import tasks, worker_logs
from raytune_lite.runtime.on_ray.worker_logs import PATIENCE, ExitInfo, ExitReader


class FakeRay:
    """As much of Ray as the reader uses; ``ready``: the tasks that have ended, with their results."""

    def __init__(self, folder):
        self.asked, self.ready, self.waited = [], {}, []
        node = SimpleNamespace(get_logs_dir_path=lambda: str(folder))
        self._private = SimpleNamespace(worker=SimpleNamespace(_global_node=node))

    def get_runtime_context(self):
        return SimpleNamespace(get_node_id=lambda: "here")

    def remote(self, function):
        def submit(pids):
            self.asked.append(list(pids))
            return f"ref{len(self.asked)}"

        def options(**_):
            return SimpleNamespace(remote=submit)

        return SimpleNamespace(options=options)

    def wait(self, refs, num_returns, timeout):
        self.waited.append(timeout)
        return [ref for ref in refs if ref in self.ready], []

    def get(self, ref):
        found = self.ready[ref]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def ray(monkeypatch, tmp_path):
    fake = FakeRay(tmp_path)
    monkeypatch.setattr(worker_logs, "ray", fake)
    monkeypatch.setattr(worker_logs, "NodeAffinitySchedulingStrategy", lambda node, soft: node)
    return fake


def test_fifty_workers_of_two_nodes_are_two_looks_and_no_wait(ray):
    now = [0.0]
    reader = ExitReader(lambda: now[0])
    reader.ask({f"slot-{i}": (f"node-{i % 2}", 100 + i) for i in range(50)})
    assert [len(pids) for pids in ray.asked] == [25, 25]
    assert reader.answered() == {}
    ray.ready["ref1"] = {100: ExitInfo(-11, "boom")}
    found = reader.answered()
    assert len(found) == 25
    assert found["slot-0"] == ExitInfo(-11, "boom")
    assert found["slot-2"] == ExitInfo(), "it left no log"
    now[0] = PATIENCE + 0.1  # the other node does not answer
    assert len(reader.answered()) == 25
    assert reader.answered() == {}
    assert set(ray.waited) <= {0}


def test_what_a_dead_node_does_not_tell_is_unknown(ray):
    reader = ExitReader(lambda: 0.0)
    reader.ask({"a": ("away", 1), "b": None})
    ray.ready["ref1"] = RuntimeError("the node is gone")
    assert reader.answered() == {"a": ExitInfo(), "b": ExitInfo()}


def test_the_logs_of_this_node_are_read_in_one_go(ray, tmp_path):
    for pid in (7, 77, 8):
        (tmp_path / f"worker-ff-01000000-{pid}.err").write_text(f"last words of {pid}\n")
    reader = ExitReader(lambda: 0.0)
    reader.ask({"a": ("here", 7), "b": ("here", 8), "c": ("here", 9)})
    assert reader.answered() == {
        "a": ExitInfo(None, "last words of 7"), "b": ExitInfo(None, "last words of 8"), "c": ExitInfo(),
    }  # fmt: skip
    assert ray.asked == []


def test_at_once_all_losses_come_back_each_once(ray):
    class Calls:
        def locate(self, slots):
            return [("away", 1) for _ in slots]

    found = tasks.RayTasks(None, {}, SimpleNamespace(monotonic=lambda: 0.0))
    lost = [Lost(slot=slot, kind=FailureKind.WORKER_CRASH, message="gone") for slot in "ab"]
    node = Lost(slot="n", kind=FailureKind.NODE_LOST, message="gone")
    assert found.explain([*lost, node], Calls()) == [node]
    assert found.explain([], Calls(), at_once=True) == lost
    assert found.explain([], Calls(), at_once=True) == []


def test_the_slots_of_one_task_are_one_look_and_come_back_together(ray):
    class Calls:
        def locate(self, slots):
            return [None, ("away", 1), ("away", 1)]

    found = tasks.RayTasks(None, {}, SimpleNamespace(monotonic=lambda: 0.0))
    lost = [Lost(slot=slot, kind=FailureKind.WORKER_CRASH, message="gone", task="a") for slot in "abc"]
    assert found.explain(lost, Calls()) == []
    assert ray.asked == [[1]]
    ray.ready["ref1"] = {1: ExitInfo(-9, "boom")}
    assert [(item.slot, item.exit_code) for item in found.explain([], Calls())] == [("a", -9), ("b", -9), ("c", -9)]
