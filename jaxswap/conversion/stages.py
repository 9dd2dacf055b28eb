"""Stages that run at the same time, each in a thread of its own, with bounded queues between."""

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_WAIT_S = 0.1  # how often a thread that waits looks whether the line has stopped


class _Stopped(Exception):
    """The line was stopped while a stage was waiting."""


class _End:
    """After the last item; with the error that ended the stage, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Line:
    """A line of stages; leaving its `with` block stops and joins them all, however it is left."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def ahead(self, items: Iterable[T], *, bound: int) -> Iterator[T]:
        """The same items in the same order, made in a thread of their own.

        An error of `items` is raised here when its turn comes.

        Args:
            items: what a stage makes; only its thread touches it.
            bound: how many items may wait at most.
        """
        waiting: queue.Queue[T | _End] = queue.Queue(bound)
        thread = threading.Thread(target=self._fill, args=(items, waiting), daemon=True)
        self._threads.append(thread)
        thread.start()
        return self._drain(waiting)

    def _fill(self, items: Iterable[T], waiting: queue.Queue[T | _End]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                self._put(waiting, item)
        except _Stopped:
            return
        except BaseException as e:  # noqa: BLE001 (it is raised again where the items are used)
            error = e
        finally:
            if isinstance(items, Iterator) and hasattr(items, "close"):
                items.close()
        with contextlib.suppress(_Stopped):
            self._put(waiting, _End(error))

    def _drain(self, waiting: queue.Queue[T | _End]) -> Iterator[T]:
        while True:
            item = self._get(waiting)
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

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
