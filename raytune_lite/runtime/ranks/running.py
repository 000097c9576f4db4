"""The body of one rank's task: meet the others, then lead or follow one attempt. Knows no Ray."""

from __future__ import annotations

import functools
import json
import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.encoding import event_to_json, from_json
from ...core.messages import Assignment, AttemptEnded, FailureKind, Leave, Outcome
from ...exceptions import CheckpointError, is_pruned
from ..current import at_work
from ..failures import AttemptInterrupted, AttemptTimedOut, failure_of
from ..hand import End
from ..heartbeat import EXIT_CODE
from ..host import Host
from ..ports import Transport
from ..socket_server import SocketServer
from ..sockets import SocketClient
from ..task import Place, run_task
from ..trial import Trial
from ..worker_settings import WorkerSettings
from .calls import Over, Reply, reply_to_json
from .fate import RankEnd
from .following import Follower, FollowerTrial
from .lead import PATIENCE, Lead
from .leading import LeadingTrial, leading
from .meeting import LEAD, LEAVE, SILENT, Board, MeetingError, meet
from .places import Member, RankPlace, unshared_checkpoints
from .store import Rendezvous

LEAVES = "the node of a rank of this trial will soon be gone: the trial goes on elsewhere"
LOOK = 1.0  # seconds between looks at who has fallen silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of processes. ``name``: its slot. ``size``: processes. ``key``: of rank 0's socket.

    ``seal``: of its slot, see ``tokens``.
    """

    name: str
    size: int
    key: bytes = field(repr=False)
    seal: str | None = field(default=None, repr=False)


def new_key() -> bytes:
    """A key that nobody guesses."""
    return secrets.token_bytes(32)


def run_rank(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    settings: WorkerSettings,
    place_of: Callable[[int], Place],
    group: Group,
    member: int,
    here: Member,
    board: Board,
    host: Host,
) -> RankEnd:
    """Run one rank of one attempt.

    Args:
        objective: called with this rank's Trial.
        catch: see run_trial.
        settings: of the run.
        place_of: the place of this process, when it is this rank.
        group: the processes of the attempt.
        member: which of them this is.
        here: where this process is.
        board: of the group.
        host: clock and threads.

    Raises:
        CheckpointError: the ranks are on several nodes, and one does not see the checkpoint directory.
        MeetingError: a process of the group did not start.
    """
    found = meet(board, member, group.size, here, host)
    place = replace(place_of(found.rank), slot=group.name, gpus=",".join(found.devices))
    if found.rank == 0:
        members = [Member.from_json(board.get(f"member-{i}") or b"") for i in range(group.size)]
        if refusal := unshared_checkpoints(members, settings.checkpoint_root):
            board.put(LEAD, b"null")
            raise CheckpointError(refusal)
        end = _lead(objective, catch, settings, place, group, found, board)
    else:
        end = _follow(objective, catch, settings, place, group, found, board)
    return RankEnd(found.rank, host.time(), end)


# --- rank 0 ----------------------------------------------------------------------------------------------------------


def _lead(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    settings: WorkerSettings,
    place: Place,
    group: Group,
    rank: RankPlace,
    board: Board,
) -> End | None:
    lead, rendezvous = Lead(group.size, place.host), Rendezvous.open(group.name, group.size)
    rendezvous.set_environment(rank)
    with _listening(lead, rank, group.key) as where:
        board.put(LEAD, where.encode())
        place.host.start(functools.partial(_watch, lead, settings.lease, place.host, board), "ranks")
        make = functools.partial(
            LeadingTrial, lead=lead, place=rank, rendezvous=rendezvous, lease=settings.lease, clock=place.host
        )
        (end,) = run_task(leading(objective), catch, settings, replace(place, trial=make))
        if end is None:
            lead.end(Over.NOTHING)
            lead.wait_ended(LOOK)
        lead.close()
        return end


@contextmanager
def _listening(lead: Lead, rank: RankPlace, key: bytes) -> Iterator[str]:
    """Rank 0's socket; as JSON where the other ranks find it. Only those on other nodes need TLS."""
    ip = "127.0.0.1" if rank.n_nodes == 1 else rank.here.ip
    server = SocketServer(ip, key, lead.handle, busy=reply_to_json(Reply()), patience=PATIENCE)
    try:
        yield json.dumps([server.local_address, server.address, server.fingerprint])
    finally:
        server.close()


def _watch(lead: Lead, lease: float, host: Host, board: Board) -> None:
    """Tell rank 0's trial that a node of its group leaves. End this process when another rank has been silent for a
    lease: the trial goes on elsewhere.
    """
    while not lead.is_over:
        host.sleep(LOOK)
        with suppress(Exception):  # the board may be out of reach for a while
            if lead.trial is not None and (seconds := board.get(LEAVE)) is not None:
                lead.trial.leave(Leave(reason=LEAVES, seconds=json.loads(seconds)))
        silent = lead.silent(lease)
        if silent:
            what = f"rank {silent[0]} of this trial sent no message for {lease:.0f} s, which is the lease"
            board.put(SILENT, what.encode())
            host.die(EXIT_CODE, f"raytune_lite: {what}; this process ends, the trial goes on elsewhere.")


# --- the others ------------------------------------------------------------------------------------------------------


def _follow(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    settings: WorkerSettings,
    place: Place,
    group: Group,
    rank: RankPlace,
    board: Board,
) -> End | None:
    connect = _way_to_rank_0(board, group.key, rank, place.host)
    if connect is None:
        return None
    heartbeat = place.heartbeat
    follower = Follower(
        rank.rank, connect, place.host, settings.lease, heartbeat.acknowledged, lambda: heartbeat.order
    )
    try:
        start = follower.start()
        if start is None:
            follower.ended()
            return None
        rendezvous = Rendezvous(group.name, start.port, holds_store=start.holds_store)
        rendezvous.set_environment(rank)
        assignment = from_json(start.assignment)
        store = functools.lru_cache(place.store)
        arguments = (assignment, follower, store, settings.n_objectives, math.inf, place.host, place.gpus)
        trial = FollowerTrial(*arguments, settings.study, follower=follower, place=rank, rendezvous=rendezvous)
        heartbeat.watch(trial)
        try:
            with place.output(assignment):
                end = _call(objective, catch, trial, assignment, place)
            follower.ended("" if end is None else _first_line(end))
        finally:
            heartbeat.leave()
    except AttemptInterrupted:
        return None  # rank 0 is gone: its launcher knows why
    return end


def _call(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    trial: FollowerTrial,
    assignment: Assignment,
    place: Place,
) -> End | None:
    """Call the objective; its failure, or None. What it returns counts for nothing."""
    host = place.host
    began = host.monotonic()
    try:
        try:
            with at_work(trial):
                objective(trial)
        except Exception as error:
            if not is_pruned(error):
                raise
        trial.finish()
    except (AttemptInterrupted, KeyboardInterrupt):
        return None
    except (Exception, SystemExit, AttemptTimedOut) as error:  # noqa: BLE001  (the user's code may raise anything)
        failure = failure_of(error)
        text = f"{failure.error} (in rank {trial.rank} of {trial.world_size})"
        failure = replace(failure, is_listed=isinstance(error, catch), error=text)
        own = failure.kind in (FailureKind.EXCEPTION, FailureKind.GPU_OUT_OF_MEMORY, FailureKind.OUT_OF_MEMORY)
        event = AttemptEnded(
            number=assignment.number, attempt=assignment.attempt, outcome=Outcome.FAIL, failure=failure
        )
        message = event_to_json(event).encode()
        caught = not own or isinstance(error, catch)
        return message, True, caught, host.monotonic() - began, None if caught else place.packed(error), ""
    return None


def _first_line(end: End) -> str:
    event = from_json(end[0])
    return str(event.failure.error).partition("\n")[0]


def _way_to_rank_0(board: Board, key: bytes, rank: RankPlace, host: Host) -> Callable[[], Transport] | None:
    """Makes a connection to rank 0; None: it has refused the group.

    Raises:
        MeetingError: rank 0 has no socket for other nodes.
    """
    while (text := board.get(LEAD)) is None:
        host.sleep(0.05)
    found = json.loads(text)
    if found is None:
        return None
    local, address, fingerprint = found
    if rank.here.node == rank.leader.node:
        address, fingerprint = local, None
    if address is None:
        raise MeetingError(
            f"rank 0 of a trial has no socket that rank {rank.rank} on another node can reach: the address "
            f"{rank.leader.ip} is not its machine's own, or the package cryptography is missing there. Keep the ranks "
            'on one node: resources={"strategy": "STRICT_PACK", ...}.'
        )
    return functools.partial(SocketClient.open, (str(address[0]), int(address[1])), key, fingerprint)


__all__ = ["Group", "new_key", "run_rank"]
