"""Asking the sampler: what is asked, the guard around it, and a thread for samplers that take their time.

A Question is all that a suggestion depends on, taken from the study at one moment, so it can be answered at once or
beside the event loop; the answer is an event either way, and says which history it saw.
"""

from __future__ import annotations

import contextlib
import queue
import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..core import messages as m
from ..core.protocols import Sampler, StudyView
from ..distributions import Distribution

Key = tuple[int, str]  # a trial's number, and the parameter that is asked for ("" for those foreseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a sampler is asked. ``known``: the study's parameters; ``fixed``: names that it may not choose."""

    sampler: Sampler
    command: m.Suggest | m.SuggestOne
    view: StudyView
    known: Mapping[str, Distribution]
    fixed: frozenset[str] = frozenset()

    @property
    def key(self) -> Key:
        """Two questions with one key have one answer: the first that is stored."""
        return self.command.number, self.command.name if isinstance(self.command, m.SuggestOne) else ""

    def still(self) -> Question:
        """The same question, which another thread may answer while the study goes on."""
        return Question(
            sampler=self.sampler,
            command=self.command,
            view=self.view.still(),
            known=dict(self.known),
            fixed=self.fixed,
        )

    def answer(self) -> m.Suggested | m.ParamSet:
        """The sampler's answer as an event. Raises whatever the sampler raises."""
        with untouched(generators=self.sampler.draws_globally):
            if isinstance(self.command, m.SuggestOne):
                return self._one(self.command)
            return self._foreseen(self.command.number)

    def _one(self, command: m.SuggestOne) -> m.ParamSet:
        number, name, dist = command.number, command.name, command.distribution
        value = float(self.sampler.sample_independent(self.view, number, name, dist))
        param = m.ParamValue(name=name, value=value, distribution=dist)
        return m.ParamSet(number=number, attempt=command.attempt, param=param, seen=self.view.n_events)

    def _foreseen(self, number: int) -> m.Suggested:
        view, sampler = self.view, self.sampler
        space = sampler.search_space(view, self.known)
        values = sampler.sample_relative(view, number, space) if space else {}
        params = tuple(
            m.ParamValue(name=name, value=float(value), distribution=space[name])
            for name, value in values.items()
            if name not in self.fixed
        )
        note = sampler.explain(view, number, space) if params else ""
        return m.Suggested(number=number, params=params, seen=view.n_events, note=note)


@contextlib.contextmanager
def untouched(generators: bool = True) -> Iterator[None]:
    """Step out of the caller's world for a while, and leave all of it as it was found (law 5).

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


class Thinker:
    """Answers questions one after another, in a thread of its own.

    Args:
        deliver: called in that thread with a question's key, and the event or the exception it got.
    """

    def __init__(self, deliver: Callable[[Key, m.Event | Exception], None]) -> None:
        self._deliver = deliver
        self._questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="raytune_lite-sampler", daemon=True).start()

    def ask(self, question: Question) -> None:
        """Have it answered after those that wait already."""
        self._questions.put(question)

    def _run(self) -> None:
        while True:
            question = self._questions.get()
            found: m.Event | Exception
            try:
                found = question.answer()
            except Exception as error:  # noqa: BLE001  (a sampler may be the user's own: whoever waits is told)
                found = error
            self._deliver(question.key, found)


__all__ = ["Key", "Question", "Thinker", "untouched"]
