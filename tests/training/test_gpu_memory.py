"""What torch is told of a share, and asked of a peak. No machine of these tests has a GPU, so torch.cuda is played."""

from __future__ import annotations

import inspect
import os
import sys
from types import SimpleNamespace

import pytest
import torch

from raytune_lite.core.messages import Assignment, GpuMemory, Outcome, Progress
from raytune_lite.exceptions import InvalidResourcesError
from raytune_lite.runtime.attempt import AttemptResult
from raytune_lite.runtime.gpu_memory import VARIABLE, NoProbe, probe_of_node, run_in_share
from raytune_lite.training.gpu_memory import TorchProbe

GB = 10**9


class Cuda:
    """A GPU of 24 GB, on which this process has a context of 0.5 GB and others have ``others``."""

    def __init__(self, others=0):
        self.others, self.reserved, self.peak, self.fraction, self.cached = others, 0, 0, None, 0

    def is_available(self):
        return True

    def is_initialized(self):
        return True

    def mem_get_info(self):
        return 24 * GB - GB // 2 - self.others - self.reserved, 24 * GB

    def set_per_process_memory_fraction(self, fraction):
        self.fraction = fraction

    def reset_peak_memory_stats(self):
        self.peak = self.reserved

    def max_memory_reserved(self):
        return self.peak

    def memory_reserved(self, device=None):
        return self.reserved if device in (None, 0) else 0

    def device_count(self):
        return 1

    def empty_cache(self):
        self.reserved -= self.cached
        self.cached = 0

    def take(self, n):
        self.reserved = n
        self.peak = max(self.peak, n)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What a test sets in the environment goes with it."""
    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_PYTHON_CLIENT_MEM_FRACTION", VARIABLE)
    for name in names:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def played(monkeypatch, cuda):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return cuda


def test_what_is_played_is_there_in_torch():
    for name, function in inspect.getmembers(Cuda, inspect.isfunction):
        if name[0] != "_" and name != "take":
            wanted = [p for p in inspect.signature(function).parameters if p != "self"]
            assert list(inspect.signature(getattr(torch.cuda, name)).parameters)[: len(wanted)] == wanted


def test_alone_all_may_be_taken_and_the_context_is_seen(monkeypatch):
    cuda, probe = played(monkeypatch, Cuda()), TorchProbe()
    cuda.take(5 * GB)  # of a trial before, in the same process
    cuda.take(0)
    probe.limit(1.0, 0)
    assert cuda.fraction == 1.0
    cuda.take(3 * GB)
    cuda.take(GB)
    assert probe.measure(1.0, 0) == GpuMemory(peak=3 * GB + GB // 2, base=GB // 2, total=24 * GB)
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in os.environ


def test_a_share_is_enforced_without_the_context_and_what_others_took_is_not_counted(monkeypatch):
    cuda, probe = played(monkeypatch, Cuda(others=10 * GB)), TorchProbe()
    probe.limit(0.25, 600_000_000)
    assert cuda.fraction == pytest.approx(0.25 - 0.6 / 24)  # 6 GB all in all
    cuda.take(2 * GB)
    assert probe.measure(0.25, 600_000_000) == GpuMemory(peak=2_600_000_000, base=600_000_000, total=24 * GB)
    assert os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.2500"
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


def test_what_is_still_held_is_without_the_cache_and_the_context(monkeypatch):
    monkeypatch.setattr("raytune_lite.training.gpu_memory._past", {})
    cuda, probe = played(monkeypatch, Cuda()), TorchProbe()
    cuda.take(5 * GB)
    cuda.cached = 4 * GB
    assert probe.held(1.0) == (GB, 24 * GB)
    assert cuda.reserved == GB
    cuda.others = 2 * GB  # past torch, on a whole GPU: it is this process's
    assert probe.held(1.0) == (3 * GB, 24 * GB)
    assert probe.held(0.25) == (GB, 24 * GB)  # elsewhere it may be a neighbour's


def test_what_the_user_has_set_stays(monkeypatch):
    played(monkeypatch, Cuda())
    monkeypatch.setenv("XLA_CLIENT_MEM_FRACTION", "0.1")  # JAX refuses both names at once
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    TorchProbe().limit(0.25, 0)
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in os.environ
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"


def test_a_torch_without_a_gpu_measures_nothing():
    assert not torch.cuda.is_available()
    TorchProbe().limit(0.5, 0)
    assert TorchProbe().measure(0.5, 0) is None
    assert TorchProbe().held(0.5) is None


def test_torch_is_not_loaded_for_an_objective_of_another_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace())
    monkeypatch.delitem(sys.modules, "torch")
    TorchProbe().limit(0.5, 0)
    assert "torch" not in sys.modules
    assert TorchProbe().measure(0.5, 0) is None


class Broken:
    def limit(self, share, base):
        raise RuntimeError("no driver")

    measure = limit


def test_an_attempt_whose_gpu_cannot_be_asked_runs_and_says_so():
    assignment = Assignment(number=7, attempt=1, gpu_share=2500)
    result = AttemptResult(number=7, attempt=1, outcome=Outcome.COMPLETE, progress=Progress(saving=1.0), values=(1.0,))
    with pytest.warns(UserWarning, match="trial 7") as told:
        assert run_in_share(Broken(), assignment, lambda: result) == result
    assert [str(each.message)[:44] for each in told] == [
        "trial 7 has no limit on its memory of the GP", "trial 7 cannot tell how much memory of the G",
    ]  # fmt: skip
    assert run_in_share(NoProbe(), assignment, lambda: result) == result


def test_a_node_may_name_a_probe_of_its_own(monkeypatch):
    assert isinstance(probe_of_node(NoProbe), NoProbe)
    monkeypatch.setenv(VARIABLE, f"{__name__}:Broken")
    assert isinstance(probe_of_node(NoProbe), Broken)
    monkeypatch.setenv(VARIABLE, "nonsense")
    with pytest.raises(InvalidResourcesError, match=r"RTL_GPU_PROBE must name a class as module:Class.*'nonsense'"):
        probe_of_node(NoProbe)
