"""A run that outlives its script: two detached actors in the cluster, one that runs it and one that keeps it.

``RunActor`` does what a script does in ``optimize``: its process owns the driver actor and the tasks; they end with it.
Killed, Ray restarts it and repeats ``host``, the call that gave it the run and that is under way as long as the run.
That call is ``Keeper``'s: the script may be dead. A killed Keeper is restarted, too, and gets the run back from the
RunActor. So the run, with its storage's URL, is in the memory of two processes and in no store of Ray's. At its end
both are killed. If both die at once the run is lost, as a script is; the same command goes on with the study.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray import cloudpickle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...exceptions import RaytuneLiteError, RayUnavailableError
from ..host import RealHost
from ..ports import Notice
from . import NAMESPACE
from .environments import cannot_load
from .joining import connect, ends_with_this_process

CONCURRENCY = 8  # calls at once; each waits for most of its time
ORDER_PATIENCE = 60.0  # seconds an actor without a run waits for one; then it ends itself
END_PATIENCE = 30.0  # seconds a RunActor whose run is over waits for its end, until it ends itself
REST = 0.5  # seconds between two looks
HEAD = "node:__internal_head__"  # Ray's: a resource of the head alone
RUN, KEEPER = "run:", "run-keeper:"  # names of the actors begin so; an id follows

Stamp = tuple[str, float, float]  # a boot of a machine, its ``Host.elapsed``, and seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a run must know that is under way in a RunActor.

    Args:
        began: to be called when the run owns its study: what is raised before goes to the script.
        began_at: when that was for the first time, by ``Host.elapsed``.
        name: of this life of the actor; Ray may have restarted it.
    """

    began: Callable[[], None]
    began_at: float
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """``body``: pickled, called with a Life. ``stamp``: when the run was given to the cluster."""

    body: bytes
    stamp: Stamp


class RunActor:
    """Lives in a detached actor; hosts one run. ``keeper``: the name of the other one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: Order | None = None
        self._has_begun = False
        self._error: BaseException | None = None  # what ended the run before it had begun
        self._settled, self._over = threading.Event(), threading.Event()
        _start(self._expire)

    def host(self, order: Order) -> None:
        """Run it; returns when it is over, however it ended."""
        with self._lock:
            if self._order is None:
                self._order = order
                _start(lambda: self._run(order))
        self._over.wait()

    def begun(self) -> bytes | None:
        """Wait until the run has begun; the pickled error that has ended it before that, if one has."""
        self._settled.wait()
        return None if self._has_begun or self._error is None else _pickled(self._error)

    def given(self) -> Order | None:
        """What it was given; None: nothing yet."""
        return self._order

    def _run(self, order: Order) -> None:
        try:
            began_at, name = _began_at(order.stamp), uuid.uuid4().hex[:8]
            pickle.loads(order.body)(Life(began=self._begin, began_at=began_at, name=name))
        except BaseException as error:  # noqa: BLE001  (whatever it is: this process must say that the run is over)
            self._error = error
            traceback.print_exc()
        self._settled.set()
        self._over.set()
        time.sleep(END_PATIENCE)
        _end_this_actor()  # its keeper is gone

    def _begin(self) -> None:
        self._has_begun = True
        self._settled.set()

    def _expire(self) -> None:
        """Without a run it is of no use: its keeper is gone for good, and with it the run."""
        time.sleep(ORDER_PATIENCE)
        if self._order is None:
            _say("nobody has given this process its run; it ends. Run the same command again to go on with the study.")
            _end_this_actor()


class Keeper:
    """Lives in a detached actor: gives a run to its RunActor, again after a restart, and ends both when it is over.

    Args:
        run_name: the name of the RunActor.
        place: where it may run, as options of an actor.
    """

    def __init__(self, run_name: str, place: dict[str, Any]) -> None:
        self._run_name, self._place = run_name, place
        self._lock = threading.Lock()
        self._order: Order | None = None
        _start(self._look)

    def begin(self, order: Order) -> bytes | None:
        """Have the run begin, and wait until it has; see RunActor.begun."""
        found: bytes | None = ray.get(self._take(order).begun.remote())
        return found

    def _take(self, order: Order) -> Any:
        """The RunActor, to which the run is given."""
        with self._lock:
            run = _actor(RunActor, self._run_name, self._place)
            if self._order is None:
                self._order = order
                _start(lambda: self._keep(run, order))
        return run

    def _keep(self, run: Any, order: Order) -> None:
        try:
            ray.get(run.host.remote(order))
        except Exception as error:  # noqa: BLE001  (somebody has killed it for good, or its node is lost)
            _say(f"the process of the run is gone: {error}")
        finally:
            kill(self._run_name)
            _end_this_actor()

    def _look(self) -> None:
        """After a restart the run is in the RunActor's memory alone. Without a run this process is of no use."""
        give_up = time.monotonic() + ORDER_PATIENCE
        while self._order is None and time.monotonic() < give_up:
            with contextlib.suppress(ValueError, ray.exceptions.RayError):  # it is not there, or is being restarted
                run = ray.get_actor(self._run_name, namespace=NAMESPACE)
                found = ray.get(run.given.remote(), timeout=ORDER_PATIENCE)
                if found is not None:
                    self._take(found)
            time.sleep(REST)
        if self._order is None:
            kill(self._run_name)
            _end_this_actor()


# --- the script's side -----------------------------------------------------------------------------------------------


def refuse_passing_ray() -> None:
    """Refuse to leave a run in a Ray that ends with this process.

    Raises:
        RayUnavailableError: there is no other one.
    """
    if ends_with_this_process():
        raise RayUnavailableError(
            "detach=True needs a Ray that outlives this script, and the one that the script starts or has started ends "
            "with it. Start one that stays (`ray start --head`), or set RAY_ADDRESS=HOST:6379 to join a cluster, or "
            "submit the script: raytune-lite submit script.py."
        )


def begin(body: Callable[[Life], None], *, pinned: bool, notice: Notice) -> None:
    """Leave a run in the cluster; returns when it has begun there.

    Args:
        body: runs it, in a process of the cluster.
        pinned: it must stay on this node (a SQLite file lies here); else it is on the head.
        notice: prints a line for people.

    Raises:
        RayUnavailableError, InvalidResourcesError: Ray cannot be joined, or ends with this process.
        RaytuneLiteError: what ended the run before it had begun, see ``execute``.
    """
    refuse_passing_ray()
    connect(notice)
    order, name = Order(cloudpickle.dumps(body), _stamp()), uuid.uuid4().hex
    place = _place(pinned=pinned)
    keeper = _actor(Keeper, KEEPER + name, place, RUN + name, place)
    try:
        error = ray.get(keeper.begin.remote(order))
        if error is not None:
            raise pickle.loads(error)
    except BaseException as error:  # Ctrl-C too: what has not begun is not left behind
        kill(KEEPER + name)
        kill(RUN + name)
        if isinstance(error, ray.exceptions.RayError):
            raise cannot_load(str(error)) or RaytuneLiteError(f"the run could not be begun: {error}") from None
        raise


def _place(*, pinned: bool) -> dict[str, Any]:
    if pinned:
        node = ray.get_runtime_context().get_node_id()
        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}
    return {"resources": {HEAD: 0.001}}  # on any other node it would keep the autoscaler from taking that node away


def _actor(kind: type, name: str, place: dict[str, Any], *arguments: Any) -> Any:
    """A detached actor; one of this name that is there already is taken."""
    options = {
        "name": name,
        "namespace": NAMESPACE,
        "lifetime": "detached",
        "get_if_exists": True,
        "num_cpus": 0,
        "max_concurrency": CONCURRENCY,
        "max_restarts": -1,
        "max_task_retries": -1,
        **place,
    }
    return ray.remote(kind).options(**options).remote(*arguments)


def kill(name: str) -> None:
    """Kill a detached actor for good, if it is there. All that its process owns ends with it."""
    with contextlib.suppress(Exception):
        ray.kill(ray.get_actor(name, namespace=NAMESPACE), no_restart=True)


# --- both ------------------------------------------------------------------------------------------------------------


def _stamp() -> Stamp:
    host = RealHost()
    return host.machine(), host.elapsed(), host.time()


def _began_at(stamp: Stamp) -> float:
    """When the run was given to the cluster, by this process's ``Host.elapsed``."""
    machine, elapsed, wall = stamp
    host = RealHost()
    if host.machine() == machine != "":
        return elapsed
    return host.elapsed() - max(0.0, host.time() - wall)


def _pickled(error: BaseException) -> bytes:
    try:
        found: bytes = cloudpickle.dumps(error)
        pickle.loads(found)
    except Exception:  # noqa: BLE001  (one of the user's)
        return bytes(cloudpickle.dumps(RaytuneLiteError(f"{type(error).__name__}: {error}")))
    return found


def _start(body: Callable[[], None]) -> None:
    threading.Thread(target=body, name="raytune_lite-detached", daemon=True).start()


def _end_this_actor() -> None:
    with contextlib.suppress(Exception):
        ray.kill(ray.get_runtime_context().current_actor, no_restart=True)
        time.sleep(END_PATIENCE)
    os._exit(1)


def _say(text: str) -> None:
    print(f"raytune_lite: {text}", file=sys.stderr, flush=True)  # noqa: T201  (the actor's log)


__all__ = ["Keeper", "Life", "Order", "RunActor", "begin", "kill", "refuse_passing_ray"]
