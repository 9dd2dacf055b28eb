"""Stages that run at the same time, each in a thread of its own, with bounded queues between."""

import contextlib
import dataclasses
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent import futures
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")

_WAIT_S = 0.1  # how often a thread that waits looks whether the line has stopped


class _Stopped(Exception):
    """The line was stopped while a stage was waiting."""


class _End:
    """After the last item; with the error that ended the stage, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@dataclasses.dataclass
class Stage:
    """What a stage has done so far."""

    name: str
    workers: int
    """Threads that share its work."""
    worked_s: float = 0.0
    """Seconds of its own work, all workers together: waiting for items is left out."""
    items: int = 0
    """Items it has made."""
    _lock: contextlib.AbstractContextManager = dataclasses.field(
        default_factory=threading.Lock, repr=False
    )

    def add(self, seconds: float, *, items: int = 0) -> None:
        """Account for work; from any thread."""
        with self._lock:
            self.worked_s += seconds
            self.items += items

    @property
    def busy_s(self) -> float:
        """How long it would have taken if it had never waited."""
        return self.worked_s / self.workers


class Line:
    """A line of stages; leaving its `with` block stops and joins them all, however it is left.

    Attributes:
        stages: in the order in which they were made.
    """

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._pools: list[futures.ThreadPoolExecutor] = []
        self._waited = _Waited()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:  # first: they wait for what the pools have in hand
            thread.join()
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)

    @property
    def slowest(self) -> Stage | None:
        """The stage that the others wait for; None before any has done anything."""
        return max(
            (stage for stage in self.stages if stage.items),
            key=lambda stage: stage.busy_s,
            default=None,
        )

    def ahead(
        self,
        name: str,
        items: Iterable[T],
        *,
        bound: int,
        prepare: Callable[[], object] | None = None,
    ) -> Iterator[T]:
        """The same items in the same order, made in a thread of their own.

        An error of `items` is raised here when its turn comes.

        Args:
            name: of the stage.
            items: what it makes; only its thread touches it.
            bound: how many items may wait at most.
            prepare: called first in the thread, while other stages work already; its time is not
                on the stage's account.
        """
        return self._start(Stage(name, workers=1), items, bound=bound, prepare=prepare)

    def mapped(
        self, name: str, function: Callable[[S], T], items: Iterable[S], *, workers: int, bound: int
    ) -> Iterator[T]:
        """`function` of each item, in the order of the items, worked out by several threads.

        An error of `items` or of `function` is raised here when its turn comes.

        Args:
            name: of the stage.
            function: of one item alone, so that the number of workers changes nothing.
            items: what comes in.
            workers: threads that call the function.
            bound: how many items may wait at most, finished or not.
        """
        stage = Stage(name, workers=workers)
        pool = futures.ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._pools.append(pool)

        def work(item: S) -> T:
            start = time.perf_counter()
            try:
                return function(item)
            finally:
                stage.add(time.perf_counter() - start)

        submitted = (pool.submit(work, item) for item in items)
        return (self._result(future) for future in self._start(stage, submitted, bound=bound))

    def _start(
        self,
        stage: Stage,
        items: Iterable[T],
        *,
        bound: int,
        prepare: Callable[[], object] | None = None,
    ) -> Iterator[T]:
        waiting: queue.Queue[T | _End] = queue.Queue(bound)
        thread = threading.Thread(
            target=self._fill, args=(stage, items, waiting, prepare), name=stage.name, daemon=True
        )
        self.stages.append(stage)
        self._threads.append(thread)
        thread.start()
        return self._drain(waiting)

    def _fill(
        self,
        stage: Stage,
        items: Iterable[T],
        waiting: queue.Queue[T | _End],
        prepare: Callable[[], object] | None,
    ) -> None:
        error: BaseException | None = None
        try:
            if prepare is not None:
                prepare()
            for item in self._timed(stage, items):
                self._put(waiting, item)
        except _Stopped:
            return
        except BaseException as e:  # noqa: BLE001 (it is raised again where the items are used)
            error = e
        finally:
            if isinstance(items, Generator):
                items.close()
        with contextlib.suppress(_Stopped):
            self._put(waiting, _End(error))

    def _timed(self, stage: Stage, items: Iterable[T]) -> Iterator[T]:
        """The items, the time that each took on the stage's account."""
        end = _End(None)
        iterator = iter(items)
        while True:
            self._waited.seconds = 0.0
            start = time.perf_counter()
            item = next(iterator, end)
            took = time.perf_counter() - start - self._waited.seconds
            stage.add(took, items=int(item is not end))
            if isinstance(item, _End):
                return
            yield item

    def _drain(self, waiting: queue.Queue[T | _End]) -> Iterator[T]:
        while True:
            with self._waited.more():
                item = self._get(waiting)
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def _result(self, future: futures.Future[T]) -> T:
        with self._waited.more():
            return future.result()

    def _put(self, waiting: queue.Queue[T | _End], item: T | _End) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                return waiting.put(item, timeout=_WAIT_S)
        raise _Stopped

    def _get(self, waiting: queue.Queue[T | _End]) -> T | _End:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Empty):
                return waiting.get(timeout=_WAIT_S)
        raise _Stopped


class _Waited(threading.local):
    """How long this thread has waited for items since it was set to 0."""

    seconds = 0.0

    @contextlib.contextmanager
    def more(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
