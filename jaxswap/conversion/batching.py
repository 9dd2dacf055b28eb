"""Faces of many frames, gathered into batches of one decoder each."""

import collections
import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
S = TypeVar("S")
R = TypeVar("R")


@dataclasses.dataclass(eq=False)
class _Held(Generic[T, R]):
    """An item that waits for the results of its parts."""

    item: T
    results: dict[int, R]
    """By the place of the part."""
    parts: int


class Batcher(Generic[T, K, S, R]):
    """Works on parts of one kind together, and gives the items back in order.

    A batch is worked on as soon as it is full. Parts of a rare kind do not hold up the others for
    longer than `most_held` items: then what the first item waits for is worked on as it is.
    """

    def __init__(
        self, work: Callable[[K, Sequence[S]], Sequence[R]], *, size: int, most_held: int
    ) -> None:
        """Nothing waits yet.

        Args:
            work: the results of at most `size` parts of a kind, in order.
            size: parts in a batch.
            most_held: items that are held at most.
        """
        self._work, self._size, self._most_held = work, size, most_held
        self._held: collections.deque[_Held[T, R]] = collections.deque()
        self._waiting: dict[K, list[tuple[_Held[T, R], int, S]]] = {}

    def batched(
        self, items: Iterable[tuple[T, Sequence[tuple[K, S]]]]
    ) -> Iterator[tuple[T, list[R]]]:
        """Each item with the results of its parts.

        Args:
            items: each with its parts, and the kind of each part.
        """
        for item, parts in items:
            self._add(item, parts)
            if len(self._held) >= self._most_held:
                self._finish_first()
            yield from self._complete()
        while self._held:
            self._finish_first()
            yield from self._complete()

    def _add(self, item: T, parts: Sequence[tuple[K, S]]) -> None:
        held: _Held[T, R] = _Held(item, {}, len(parts))
        self._held.append(held)
        for at, (kind, part) in enumerate(parts):
            places = self._waiting.setdefault(kind, [])
            places.append((held, at, part))
            if len(places) == self._size:
                self._finish(kind)

    def _finish_first(self) -> None:
        """Work on all that the first item waits for."""
        first = self._held[0]
        for kind in [kind for kind, places in self._waiting.items() if places[0][0] is first]:
            self._finish(kind)

    def _finish(self, kind: K) -> None:
        places = self._waiting.pop(kind)
        results = self._work(kind, [part for _, _, part in places])
        for (held, at, _), result in zip(places, results, strict=True):
            held.results[at] = result

    def _complete(self) -> Iterator[tuple[T, list[R]]]:
        while self._held and len(self._held[0].results) == self._held[0].parts:
            held = self._held.popleft()
            yield held.item, [held.results[at] for at in range(held.parts)]
