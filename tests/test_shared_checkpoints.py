"""A checkpoint directory that some node does not see is found out before that node claims a trial. Starts no Ray."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raytune_lite.checkpoints import marker
from raytune_lite.core.messages import FailureKind
from raytune_lite.exceptions import CheckpointDiskError, CheckpointError
from raytune_lite.runtime.failures import kind_of
from raytune_lite.runtime.on_ray import task as on_ray
from raytune_lite.runtime.on_ray.tasks import cannot_run
from raytune_lite.runtime.worker_settings import WorkerSettings


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is on another node than the driver."""
    monkeypatch.setattr(on_ray, "_node_id", lambda: "here")
    monkeypatch.setattr(on_ray, "_same_host", lambda one, other: False)
    monkeypatch.setattr(on_ray, "MARKER_PATIENCE", 0.3)
    monkeypatch.delenv("RTL_SHARED_PATHS", raising=False)
    on_ray._sees_checkpoints.cache_clear()
    yield
    on_ray._sees_checkpoints.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    """Of a driver whose user has named the checkpoint directory, and which has marked it."""
    root = str(tmp_path / "root")
    return WorkerSettings(
        n_objectives=1, checkpoint_root=root, lease=60.0, node="there", marker="run-1", must_see_checkpoints=True
    )


def refuse(settings: WorkerSettings) -> None:
    on_ray._sees_checkpoints.cache_clear()
    on_ray.refuse_blind_node("here", settings)


def test_a_node_that_does_not_see_the_directory_may_claim_nothing(settings: WorkerSettings) -> None:
    with pytest.raises(CheckpointError) as caught:
        refuse(settings)
    said = str(caught.value)
    assert all(part in said for part in (settings.checkpoint_root, "all nodes mount", "RTL_SHARED_PATHS=1"))


def test_a_directory_of_the_same_name_is_not_enough(settings: WorkerSettings) -> None:
    root = Path(settings.checkpoint_root)
    marker.write(root, "run-0")  # a copy of an old one, on a disk of this node
    with pytest.raises(CheckpointError, match="does not see the checkpoint directory"):
        refuse(settings)
    marker.write(root, "run-1")
    refuse(settings)


def test_the_drivers_own_node_is_not_asked(settings: WorkerSettings) -> None:
    on_ray.refuse_blind_node("there", settings)


def test_a_run_whose_user_named_no_directory_may_save_nothing_and_work_anywhere(settings: WorkerSettings) -> None:
    blind = replace(settings, must_see_checkpoints=False)
    refuse(blind)
    with pytest.raises(CheckpointDiskError) as caught:
        on_ray._store(blind)
    assert kind_of(caught.value) is FailureKind.CHECKPOINT_DISK, "the trial may go on on another node"


def test_a_user_may_vouch_for_a_directory_that_is_there(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTL_SHARED_PATHS", "1")
    with pytest.raises(CheckpointError, match="does not see"):
        refuse(settings)
    Path(settings.checkpoint_root).mkdir()
    refuse(settings)
    on_ray._store(settings)


def test_the_run_ends_with_the_reason_itself(settings: WorkerSettings) -> None:
    class TaskError(Exception):
        cause: Any = CheckpointError("node x does not see the checkpoint directory")

    assert cannot_run(TaskError()) is TaskError.cause


def test_a_mark_is_of_one_run_and_goes_with_it(tmp_path: Path) -> None:
    root = tmp_path / "base" / "study"
    marker.write(root, "one")
    marker.write(root, "two")
    assert not marker.is_seen(root, "one")
    marker.remove(root, "one")
    assert marker.is_seen(root, "two")
    (root / "trial-00000").mkdir()
    marker.remove(root, "two")
    assert [path.name for path in root.iterdir()] == ["trial-00000"]
    (root / "trial-00000").rmdir()
    marker.write(root, "three")
    marker.remove(root, "three")
    assert not root.exists()


def test_a_restarted_driver_needs_no_room_for_its_mark_and_a_full_disk_keeps_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    marker.write(tmp_path, "run")
    monkeypatch.setattr(os, "replace", full)
    marker.write(tmp_path, "run")
    with pytest.raises(CheckpointDiskError, match="No space left"):
        marker.write(tmp_path, "another run")
    assert [path.name for path in tmp_path.iterdir()] == [".rtl-run"]


def test_a_directory_that_cannot_be_made_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"cannot be used: .* choose another checkpoint directory"):
        marker.write(tmp_path / "file" / "study", "run")
