"""Suggestions: what the sampler is asked, the guard around its call, and a thread for samplers that take long.

A SuggestRequest is all that a suggestion depends on, taken from the study at one moment. So it can be answered at once
or beside the driver's other work; the answer is an event either way, and records which history the sampler saw.
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments import as_float, shown
from ..core import messages as m
from ..core.protocols import Sampler
from ..core.view import StudyView
from ..distributions import Distribution
from ..exceptions import RaytuneLiteError, SamplerFailedError
from ..samplers.rng import rng_for
from .failures import failure_of
from .host import Host

Key = tuple[int, str]  # a trial's number, and the parameter that is asked for ("" for those suggested at the start)

QUIET = 0.5  # seconds without a question after which a sampler may load what it needs later


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestRequest:
    """What a sampler is asked.

    ``known``: the study's parameters; ``fixed``: names that it may not choose. ``timer``: entered while it is asked.
    """

    sampler: Sampler
    command: m.Suggest | m.SuggestOne
    view: StudyView
    known: Mapping[str, Distribution]
    fixed: frozenset[str] = frozenset()
    timer: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext

    @property
    def key(self) -> Key:
        """Two requests with one key have one answer: the first that is stored."""
        return self.command.number, self.command.name if isinstance(self.command, m.SuggestOne) else ""

    def still(self) -> SuggestRequest:
        """The same request for another thread, which may answer it while the study goes on."""
        return SuggestRequest(
            sampler=self.sampler,
            command=self.command,
            view=self.view.still(),
            known=dict(self.known),
            fixed=self.fixed,
            timer=self.timer,
        )

    def answer(self) -> m.Suggested | m.ParamSet:
        """The sampler's answer as an event.

        Raises:
            SamplerFailedError: the sampler raised, or chose what is not in the distribution.
            SamplerRefusedError: a sampler cannot do what the study or the objective asks for.
        """
        try:
            with self.timer(), isolated_globals(generators=self.sampler.draws_globally):
                if self.sampler.draws_globally:  # they are restored each time: it would draw the same numbers again
                    seed_globals(self.sampler.seed, *self.key)
                if isinstance(self.command, m.SuggestOne):
                    return self._one(self.command)
                return self._suggested(self.command.number)
        except RaytuneLiteError:
            raise
        except Exception as error:  # a sampler may be the user's own
            failure = failure_of(error)
            raise self._failed(failure.error, failure.traceback) from error

    def _one(self, command: m.SuggestOne) -> m.ParamSet:
        number, name, dist = command.number, command.name, command.distribution
        param = self._param(name, self.sampler.sample_independent(self.view, number, name, dist), dist)
        return m.ParamSet(number=number, attempt=command.attempt, param=param, seen=self.view.n_events)

    def _suggested(self, number: int) -> m.Suggested:
        view, sampler = self.view, self.sampler
        space = sampler.search_space(view, self.known)
        values = sampler.sample_relative(view, number, space) if space else {}
        params = tuple(
            self._param(name, value, space[name]) for name, value in values.items() if name not in self.fixed
        )
        note = sampler.explain(view, number, space) if params else ""
        return m.Suggested(number=number, params=params, seen=view.n_events, note=note)

    def _param(self, name: str, chosen: Any, dist: Distribution) -> m.ParamValue:
        """The sampler's choice, which must be an internal value of the distribution."""
        value = as_float(chosen)
        if value is None or not dist.contains(value):
            what = f"it chose {shown(chosen)} for parameter {name!r}"
            raise self._failed(f"{what}, which is no internal value of {shown(dist)}.")
        return m.ParamValue(name=name, value=value, distribution=dist)

    def _failed(self, error: str, traceback: str = "") -> SamplerFailedError:
        return SamplerFailedError(type(self.sampler).__name__, self.command.number, error, traceback)


def ends_the_run(key: Key, error: RaytuneLiteError) -> bool:
    """Whether no trial can go on after a sampler's error.

    Args:
        key: of the request that it refused.
        error: see SuggestRequest.answer. A sampler that merely refuses one parameter fails the trial that asked for it.
    """
    return isinstance(error, SamplerFailedError) or not key[1]


@functools.lru_cache(maxsize=8)  # the driver asks of the same one after each batch
def wording_of(note: str) -> str:
    """How a sampler says that it chooses, without the numbers in it."""
    return re.sub(r"\d[\d.e+-]*", "", note)


@contextlib.contextmanager
def timed(host: Host, note: Callable[[float], None]) -> Iterator[None]:
    """Tell ``note`` how many seconds the block took, unless it raises."""
    began = host.monotonic()
    yield
    note(host.monotonic() - began)


@contextlib.contextmanager
def isolated_globals(generators: bool = True) -> Iterator[None]:
    """Leave the caller's global settings for a while, and restore them: the sampler never sees the objective's world.

    Of torch, where it is loaded: grad mode, inference mode, autocast, default dtype and device, the deterministic
    switches. Of numpy: error handling. ``generators``: the global ones of Python, numpy and torch, too; that takes
    longer than a random suggestion, and the samplers of this package never draw from them.
    """
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    with contextlib.ExitStack() as stack:
        if generators:
            stack.callback(random.setstate, random.getstate())
            if numpy is not None:
                stack.callback(numpy.random.set_state, numpy.random.get_state())
            if torch is not None:
                stack.callback(torch.random.set_rng_state, torch.random.get_rng_state())
        if numpy is not None:
            stack.enter_context(numpy.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        if torch is not None:
            _leave_torch(torch, stack)
        yield


def seed_globals(seed: int, number: int, name: str) -> None:
    """Seed the global generators of Python and numpy for what is asked about a trial, inside ``isolated_globals``."""
    import numpy as np

    rng = rng_for(seed, number=number, purpose=f"globals/{name}")
    for generator in (random.seed, np.random.seed):
        generator(int(rng.integers(2**32)))


def _leave_torch(torch: Any, stack: contextlib.ExitStack) -> None:
    # enable_grad alone would not do: inside inference_mode new tensors would still be inference tensors
    stack.enter_context(torch.inference_mode(False))
    stack.enter_context(torch.enable_grad())
    for device in ("cpu", "cuda"):
        if torch.is_autocast_enabled(device):
            stack.enter_context(torch.autocast(device, enabled=False))
    stack.callback(torch.set_default_dtype, torch.get_default_dtype())
    torch.set_default_dtype(torch.float32)
    stack.enter_context(torch.device("cpu"))
    strict, warns = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    if strict:
        stack.callback(torch.use_deterministic_algorithms, strict, warn_only=warns)
        torch.use_deterministic_algorithms(False)


class SamplerThread:
    """Answers a request at a time, in a thread of its own.

    Args:
        host: where the thread runs.
        deliver: called in that thread with a request's key, and the event or the exception that it got.
    """

    def __init__(self, host: Host, deliver: Callable[[Key, m.Event | Exception], None]) -> None:
        self._deliver = deliver
        self._request: SuggestRequest | None = None
        self._asked = host.event()
        self._is_closed, self._is_at_work = False, False
        self._to_load: Any = None  # a sampler that has answered, until it has loaded
        self._has_loaded = False
        host.start(self._run, "sampler")

    def ask(self, request: SuggestRequest) -> None:
        """Have it answered; not before the last one is."""
        self._request = request
        self._asked.set()

    def close(self) -> bool:
        """Take no more requests, and end the thread; whether it is not at work at one that it cannot leave."""
        self._is_closed, self._request = True, None
        self._asked.set()
        return not self._is_at_work

    def _run(self) -> None:
        while not self._is_closed:
            if not self._asked.wait(QUIET if self._to_load is not None else None):
                self._load()
                continue
            self._asked.clear()
            self._is_at_work = True  # before it looks for a request: who closes sees either no work, or no request
            request, self._request = self._request, None
            if request is not None:  # else: closed
                self._answer(request)
                if not self._has_loaded:
                    self._to_load = request.sampler
            self._is_at_work = False

    def _answer(self, request: SuggestRequest) -> None:
        found: m.Event | Exception
        try:
            found = request.answer()
        except Exception as error:  # noqa: BLE001  (a sampler may be the user's own: whoever waits gets the error)
            found = error
        self._deliver(request.key, found)

    def _load(self) -> None:
        """Trials have begun, and nobody asks: the sampler imports what the next ones would wait for."""
        sampler, self._to_load, self._has_loaded = self._to_load, None, True
        with contextlib.suppress(Exception):  # it is met again where it matters
            getattr(sampler, "load", lambda: None)()


__all__ = ["Key", "SamplerThread", "SuggestRequest", "ends_the_run", "isolated_globals", "timed", "wording_of"]
