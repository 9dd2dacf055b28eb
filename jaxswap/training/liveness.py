"""Whether all hosts of a training are alive: a lost one ends the others with a line, not a hang.

Every host counts up under a key of its own in JAX's coordination service, which the first host
serves. The first host alone reads all of them and writes the verdict, so that the traffic grows
with the number of hosts and not with its square. All of it runs in a thread, since the main thread
waits in a collective for the host that will never answer.
"""

import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

BEAT_SECONDS = 2.0
SILENCE_SECONDS = 25.0
"""A host that was silent for so long is lost. A process may well be held up for some seconds."""

_ALIVE = "jaxswap/alive/"
_VERDICT = "jaxswap/verdict/"
_FAILED, _FINISHED = "failed", "finished"
_GO_ON = "Start the same command on every host again: it goes on from the last checkpoint."


@runtime_checkable
class Keys(Protocol):
    """The part of JAX's client of the coordination service that is used."""

    def key_value_set(self, key: str, value: str, *, allow_overwrite: bool = False) -> None: ...

    def key_value_dir_get(self, key: str) -> list[tuple[str, str]]: ...


class Watch:
    """Beats for this host and ends its process when another is lost."""

    def __init__(self, keys: Keys, *, index: int, count: int, end: Callable[[str], None]) -> None:
        """Begin.

        Args:
            keys: of the coordination service.
            index: of this host.
            count: of all hosts.
            end: ends this process with the line that it is given; called in a thread.
        """
        self._keys = keys
        self._index = index
        self._roll = Roll(count)
        self._end = end
        self._word = ""
        self._over = threading.Event()
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._run, name="liveness", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """This host is done, and its silence is no loss from now on."""
        self._leave(_FINISHED)

    def fail(self, *, own: bool) -> None:
        """This host ends with an error: tell the others, so that they end as well.

        Args:
            own: whether the error is this host's own. One that may follow from the loss of another
                host waits for the verdict first, which ends the process.
        """
        if not own:
            self._over.wait(SILENCE_SECONDS + 4 * BEAT_SECONDS)
        self._leave(_FAILED)

    def _leave(self, word: str) -> None:
        self._word = word
        self._told.wait(2 * BEAT_SECONDS)
        if word == _FAILED:
            # JAX would wait at exit for hosts that wait for this one.
            bound = threading.Timer(4 * BEAT_SECONDS, os._exit, (1,))
            bound.daemon = True
            bound.start()

    def _run(self) -> None:
        count = 0
        answered = time.monotonic()
        while True:
            count += 1
            word = self._word
            try:
                self._keys.key_value_set(
                    f"{_ALIVE}{self._index}", word or str(count), allow_overwrite=True
                )
                verdict = self._verdict()
                answered = time.monotonic()
            except (ValueError, RuntimeError) as error:  # JAX raises both for a silent service
                verdict = ""
                if time.monotonic() - answered > SILENCE_SECONDS:
                    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                    verdict = f"The first host does not answer ({reason}). {_GO_ON}"
            if word:
                self._told.set()
                return
            if verdict:
                if self._index == 0:
                    time.sleep(2 * BEAT_SECONDS)  # the others read it here
                self._over.set()
                self._end(verdict)
                return
            time.sleep(BEAT_SECONDS)

    def _verdict(self) -> str:
        if self._index == 0:
            heard = self._keys.key_value_dir_get(_ALIVE)
            verdict = self._roll.call(
                {int(key.rsplit("/", 1)[1]): value for key, value in heard}, time.monotonic()
            )
            if verdict:
                self._keys.key_value_set(f"{_VERDICT}0", verdict, allow_overwrite=True)
            return verdict
        found = self._keys.key_value_dir_get(_VERDICT)
        return found[0][1] if found else ""


class Roll:
    """Who was heard last when."""

    def __init__(self, count: int) -> None:
        """All of `count` hosts begin as just heard, at the first call."""
        self._words = dict.fromkeys(range(count), "")
        self._heard: dict[int, float] = {}
        self._called = -math.inf

    def call(self, words: dict[int, str], now: float) -> str:
        """What to say of the hosts that are lost, or nothing.

        Args:
            words: the latest of each host, by index.
            now: seconds of a clock that never goes back.
        """
        # If this host itself was held up, it missed what the others said.
        if now - self._called > SILENCE_SECONDS / 2:
            self._heard = dict.fromkeys(self._words, now)
        self._called = now
        for index, word in words.items():
            if self._words[index] != word:
                self._words[index] = word
                self._heard[index] = now
        failed = [i for i, word in self._words.items() if word == _FAILED]
        if failed:
            return f"{_named(failed)} ended with an error: see its own output. {_GO_ON}"
        lost = [
            index
            for index, heard in self._heard.items()
            if self._words[index] != _FINISHED and now - heard > SILENCE_SECONDS
        ]
        if lost:
            return (
                f"{_named(lost)} of {len(self._words)} was lost: not heard for "
                f"{SILENCE_SECONDS:g} s. {_GO_ON}"
            )
        return ""


def say_and_leave(line: str) -> None:
    """End this process at once, whatever its other threads wait for; exit code 75.

    The line goes to standard error: the thread that could tell the caller waits for a lost host.
    """
    sys.stderr.write(f"jaxswap: {line}\n")
    sys.stderr.flush()
    os._exit(os.EX_TEMPFAIL)


def _named(hosts: list[int]) -> str:
    return f"Host {', '.join(map(str, hosts[:8]))}{', ...' if len(hosts) > 8 else ''}"
