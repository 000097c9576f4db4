"""Where the time of one no-op trial and of one decided report goes: microseconds of CPU by layer, on either side.

    python benchmarks/layers.py [--trials 3000] [--reports 8000] [--connections 16] [--batch 30]

The driver runs in this process, with SQLite and fsync, the workers in one child process, and no Ray: what Ray takes
is in throughput.py. A trial is claimed ahead, ``--batch`` of them a plan, as short trials are. A report has a decision
due; ``--connections`` of them are on their way at a time, each of its own attempt.

Two passes. The first measures the CPU time of the processes as they are. The second has a clock in each layer, which
costs something itself: its figures are scaled to the sum of the first pass. A layer's figure is its own: what it calls
in other layers is counted there. "fsync" is the CPU time of COMMIT; what it waits is given beside it.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import secrets
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import _load

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json, from_json
from raytune_lite.core.schedules import Every
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import MedianPruner, NopPruner
from raytune_lite.runtime.answers import BUSY
from raytune_lite.runtime.channel import DriverChannel, FastLine
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.driver import Driver
from raytune_lite.runtime.handover import Handover, Returned
from raytune_lite.runtime.heartbeat import Heartbeat
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.mailbox import Mail
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.runtime.sockets import SocketClient
from raytune_lite.runtime.task import Place, run_task
from raytune_lite.runtime.tokens import with_token
from raytune_lite.runtime.trial import Trial
from raytune_lite.runtime.worker_settings import WorkerSettings
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

SPACE = FloatDistribution(0.0, 1.0)
EVERY_STEP = 2**31  # startup trials of a median pruner that decides at every step, and always CONTINUE

# layer -> functions, as "module:name" or "module:Class.name"
DRIVER = {
    "inbox": ("driver:Driver.receive_many", "driver:Driver.plan", "driver:Driver._handle_all", "inbox:Item.reply"),
    "socket": ("socket_server:Connection.reply", "socket_server:Connection.go_on"),
    "decode": ("driver:message_from_json", "inbox:message_from_json"),
    "session": ("session:Session._process", "session:Session.plan"),
    "sampler": ("suggest:SuggestRequest.answer",),
    "core": ("..core.state:StudyState.handle",),
    "encode": ("inbox:to_json", "inbox:answer", "..storages.repository:event_to_json"),
    "rows": ("..storages.repository:Repository.commit",),
    "SQL": ("..storages.statements:Prepared.run", "..storages.statements:Prepared.run_many"),
}
WORKER = {
    "trial": ("trial:Trial.report", "trial:Trial.should_prune", "trial:Trial._suggest", "trial:Trial.__init__"),
    "delivery": ("delivery:Delivery.flush",),
    "channel": ("channel:DriverChannel._send",),
    "encode": ("channel:to_json", "hand:event_to_json"),
    "decode": ("channel:read", "task:from_json"),
    "socket": ("sockets:SocketClient.call",),
    "heartbeat": ("heartbeat:Heartbeat.acknowledged", "heartbeat:Heartbeat.watch", "heartbeat:Heartbeat.leave"),
    "task": ("task:run_task", "hand:Hand.note", "hand:Hand.take"),
}


class Clock:
    """CPU seconds by layer, each layer's own."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.waited = 0.0  # seconds of COMMIT, by the wall's clock
        self._inner = threading.local()

    def install(self, layers: dict[str, tuple[str, ...]]) -> None:
        for layer, places in layers.items():
            for place in places:
                owner, name = resolve(place)
                setattr(owner, name, self.timed(layer, getattr(owner, name)))
        self._time_commits()

    def timed(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        spent, inner, clock = self.spent, self._inner, time.thread_time

        def call(*args: Any, **kwargs: Any) -> Any:
            outer = getattr(inner, "seconds", 0.0)
            inner.seconds, start = 0.0, clock()
            try:
                return function(*args, **kwargs)
            finally:
                took = clock() - start
                spent[layer] += took - inner.seconds
                inner.seconds = outer + took

        return call

    def _time_commits(self) -> None:
        clock = self

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                start = time.perf_counter()
                clock.timed("fsync", super().commit)()
                clock.waited += time.perf_counter() - start

        connect: Any = sqlite3.dbapi2.connect
        sqlite3.dbapi2.connect = lambda *args, **kwargs: connect(*args, factory=Connection, **kwargs)

    def clear(self) -> None:
        self.spent.clear()
        self.waited = 0.0


def resolve(place: str) -> tuple[Any, str]:
    """The object that holds what a place names, and its name there."""
    module, _, path = place.partition(":")
    package = "raytune_lite.runtime"
    owner: Any = importlib.import_module(f".{module}" if not module.startswith("..") else module, package)
    *outer, name = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    getattr(owner, name)
    return owner, name


# --- the driver's side -----------------------------------------------------------------------------------------------


def open_driver(folder: str, pruner: Any) -> Driver:
    url = f"sqlite:///{folder}/{time.monotonic_ns()}.db"
    repository = Repository.open(url)
    repository.create_study("layers", [StudyDirection.MINIMIZE])
    repository.close()
    config = RunConfig(storage=url, study_name="layers", run="run", sampler=RandomSampler(0), pruner=pruner,
                       secret=secrets.token_bytes(32))  # fmt: skip
    driver = Driver(config, RealHost(), lambda _: None)
    driver.settings()
    return driver


def trials(driver: Driver, n: int, batch: int) -> float:
    """CPU seconds of the driver for ``n`` no-op trials."""
    ended: tuple[Returned, ...] = ()
    others = 0.0  # what stands for the launcher and the tasks
    start = time.process_time()
    for first in range(0, n, batch):
        slots = tuple(f"ahead-{driver.config.run}-{time.monotonic_ns()}-{first + i}" for i in range(batch))
        plan = driver.plan(Handover(ended=ended, prefetch=slots))
        before = time.process_time()
        ended = tuple(
            Returned(slot=one.slot, message=end_of(from_json(one.assignment))) for one in plan.prefetched
        )
        others += time.process_time() - before
    driver.plan(Handover(ended=ended))
    return time.process_time() - start - others


def end_of(assignment: m.Assignment) -> bytes:
    params = assignment.suggested or (m.ParamValue(name="x", value=0.5, distribution=SPACE),)
    event = m.AttemptEnded(number=assignment.number, attempt=assignment.attempt, outcome=m.Outcome.COMPLETE,
                           values=(0.5,), progress=m.Progress(params=params))  # fmt: skip
    return event_to_json(event).encode()


def reports(driver: Driver, n: int, connections: int) -> tuple[float, float]:
    """CPU seconds of the driver, and seconds by the wall's clock, for ``n`` decided reports."""
    key = secrets.token_bytes(32)
    server = SocketServer("127.0.0.1", key, driver.receive_many, busy=BUSY, patience=60.0)
    given = {"address": server.address, "key": key.hex(), "n": n, "connections": connections}
    child = subprocess.Popen([sys.executable, __file__, "--clients", json.dumps(given)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()  # all have their trials
    start, began = time.process_time(), time.perf_counter()
    child.stdin.write("go\n")
    child.stdin.flush()
    child.stdout.readline()
    took = time.process_time() - start, time.perf_counter() - began
    child.communicate()
    server.close()
    return took


# --- the other side --------------------------------------------------------------------------------------------------


def clients(given: dict[str, Any]) -> None:
    """Many attempts in one thread: all send a report, then all read their answers."""
    address, key = tuple(given["address"]), bytes.fromhex(given["key"])
    attempts = []
    for i in range(given["connections"]):
        client = SocketClient(address, key)
        claim = event_to_json(m.Claimed(slot=f"slot-{secrets.token_hex(8)}-{i}", node="node", pid=1)).encode()
        attempts.append((client, from_json(client.call(claim, 10.0))[0]))
    turns = given["n"] // len(attempts)
    lines = [(raw(client), [framed(a, step) for step in range(turns)]) for client, a in attempts]
    print("ready", flush=True)
    sys.stdin.readline()
    for turn in range(turns):
        for line, messages in lines:
            line.sendall(messages[turn])
        for line, _ in lines:
            line.recv(4096)
    print("done", flush=True)


def raw(client: SocketClient) -> socket.socket:
    """The client's socket, by itself."""
    return client._socket


def framed(assignment: m.Assignment, step: int) -> bytes:
    event = m.Reported(number=assignment.number, attempt=assignment.attempt,
                       progress=m.Progress(reports=((step, (1.0,)),)))  # fmt: skip
    message = with_token(assignment.token, event_to_json(event).encode())
    return struct.pack("!i", len(message)) + message


def worker(given: dict[str, Any]) -> None:
    """One worker's side: reports of one attempt against a server that answers at once, then no-op trials."""
    clock = Clock()
    if given["clocks"]:
        clock.install(WORKER)
    host, key = RealHost(), secrets.token_bytes(32)
    child = subprocess.Popen([sys.executable, __file__, "--answers", key.hex()], stdout=subprocess.PIPE,
                             stdin=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdout is not None
    host_name, port = json.loads(child.stdout.readline())
    settings = WorkerSettings(n_objectives=1, checkpoint_root="/", lease=60.0, address=(host_name, port), key=key)
    heartbeat = Heartbeat(host, 60.0)
    line = FastLine(settings, SocketClient.connect, host)
    channel = DriverChannel(settings, line, None, host, heartbeat.acknowledged)  # type: ignore[arg-type]
    assignment = m.Assignment(number=0, attempt=1, schedule=Every(first=0, interval=1))
    trial = Trial(assignment, channel, None, 1, float("inf"), host)  # type: ignore[arg-type]
    heartbeat.watch(trial)
    found = {}

    def report() -> None:
        for step in range(given["n"]):
            trial.report(1.0, step)
            trial.should_prune()

    def tasks() -> None:
        place = Place(slot="slot", node="node", pid=1, host=host, heartbeat=heartbeat,
                      channel=lambda: channel, store=lambda: None)  # type: ignore[arg-type, return-value]
        suggested = m.ParamValue(name="x", value=0.5, distribution=SPACE)
        text = event_to_json(m.Assignment(number=0, attempt=1, suggested=(suggested,))).encode()  # type: ignore[arg-type]
        for _ in range(given["n"]):
            run_task(lambda trial: trial.suggest_float("x", 0, 1), (), settings, place, [text])

    for name, action in (("report", report), ("trial", tasks)):
        clock.clear()
        start = time.process_time()
        action()
        found[name] = {"all": time.process_time() - start, **clock.spent}
        heartbeat.leave()
    print(json.dumps(found))
    child.communicate()


def answers(key: str) -> None:
    """A driver that answers CONTINUE to whatever comes."""
    def go_on(mails: Sequence[Mail]) -> None:
        for mail in mails:
            mail.reply(b'["continue",null]')

    server = SocketServer("127.0.0.1", bytes.fromhex(key), go_on, busy=BUSY, patience=60.0)
    print(json.dumps(server.address), flush=True)
    sys.stdin.read()


# --- the table -------------------------------------------------------------------------------------------------------


def table(title: str, n: int, total: float, clocked: dict[str, float], clocked_total: float, rest: str) -> None:
    """Print the layers of one side, in microseconds, scaled to what it takes without clocks."""
    known = sum(clocked.values())
    layers = {**clocked, rest: max(0.0, clocked_total - known)}
    print(f"\n{title}: {1e6 * total / n:.0f} us of CPU")
    for layer, seconds in layers.items():
        share = seconds / clocked_total
        print(f"  {layer:24s} {1e6 * share * total / n:8.1f} us {100 * share:5.0f} %")


def driver_side(args: argparse.Namespace, clocks: bool) -> dict[str, Any]:
    gc.set_threshold(50_000, 20, 50)  # as the driver actor has it
    sys.setswitchinterval(0.0005)
    clock = Clock()
    if clocks:
        clock.install(DRIVER)
    with tempfile.TemporaryDirectory() as folder:
        driver = open_driver(folder, NopPruner())
        trials(driver, 10 * args.batch, args.batch)
        clock.clear()
        no_op = trials(driver, args.trials, args.batch)
        found = {"trial": {"all": no_op, "waited": clock.waited, **clock.spent}}
        driver.close()
        for connections in (args.connections, 1):
            driver = open_driver(folder, MedianPruner(n_startup_trials=EVERY_STEP))
            reports(driver, 20 * connections, connections)
            clock.clear()
            n = args.reports if connections > 1 else args.reports // 4
            cpu, wall = reports(driver, n, connections)
            key = "report" if connections > 1 else "lone"
            found[key] = {"all": cpu, "wall": wall, "waited": clock.waited, "n": n, **clock.spent}
            driver.close()
    return found


def in_a_child(what: str, given: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, __file__, what, json.dumps(given)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=3000)
    parser.add_argument("--reports", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--batch", type=int, default=30, help="trials of one plan")
    for name in ("--clients", "--worker", "--answers", "--driver"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clients:
        clients(json.loads(args.clients))
    elif args.worker:
        worker(json.loads(args.worker))
    elif args.answers:
        answers(args.answers)
    elif args.driver:
        print(json.dumps(driver_side(args, json.loads(args.driver)["clocks"])))
    else:
        _load.before()
        show(args)
    return 0


def show(args: argparse.Namespace) -> None:
    meter = _load.Meter()
    sizes = [f"--{name}={getattr(args, name)}" for name in ("trials", "reports", "connections", "batch")]
    command = [sys.executable, str(Path(__file__)), *sizes, "--driver"]
    plain, clocked = (
        json.loads(subprocess.run([*command, json.dumps({"clocks": clocks})], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout)
        for clocks in (False, True)
    )  # fmt: skip
    names: Sequence[tuple[str, str, int]] = (
        ("trial", f"driver, one no-op trial ({args.batch} a plan)", args.trials),
        ("report", f"driver, one decided report ({args.connections} at a time)", args.reports),
        ("lone", "driver, one decided report (one at a time)", args.reports // 4),
    )
    for key, title, n in names:
        found = clocked[key]
        layers = {layer: found[layer] for layer in (*DRIVER, "fsync") if layer in found}
        table(title, n, plain[key]["all"], layers, found["all"], "threads and rest" if key != "trial" else "rest")
        rate = f"; {n / plain[key]['wall']:.0f} a second" if "wall" in plain[key] else ""
        print(f"  (COMMIT takes {1e6 * found['waited'] / n:.0f} us of it by the wall's clock{rate})")
    plain, clocked = (in_a_child("--worker", {"n": args.trials, "clocks": clocks}) for clocks in (False, True))
    for key, title in (("trial", "worker, one no-op trial"), ("report", "worker, one decided report")):
        layers = {layer: clocked[key][layer] for layer in WORKER if layer in clocked[key]}
        table(title, args.trials, plain[key]["all"], layers, clocked[key]["all"], "objective and rest")
    print(f"\n{meter.read()}")


if __name__ == "__main__":
    sys.exit(main())
