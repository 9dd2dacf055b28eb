"""Several hosts that train one run together: each makes the same call."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from jaxswap import errors

if TYPE_CHECKING:
    from jaxswap.training import last_words, liveness

PATIENCE_SECONDS = 300
HEARTBEAT_SECONDS = 45
"""After which JAX itself ends the others, also where the first host is beyond reach."""

_NOT_FOUND = (
    "The hosts did not find each other in {seconds} s. Start the same command on every host, and "
    "give --hosts.coordinator, --hosts.count and --hosts.index where they are not found."
)
_LAST_WORDS = (
    "Another host was lost, the first one perhaps, or this training was killed. Start the same "
    "command on every host again: it goes on from the last checkpoint."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hosts:
    """Several hosts that train one run together. A lost host ends the process of each other."""

    join: bool = False
    """Join the other hosts of the job. They find each other on Cloud TPU, Slurm, Open MPI and
    Kubernetes; elsewhere give the three values below."""
    coordinator: str | None = None
    """Address of the first host, which all others reach, as HOST:PORT."""
    count: int | None = None
    """How many hosts there are."""
    index: int | None = None
    """Which of them this is, from 0."""

    def __post_init__(self) -> None:
        named = [value is not None for value in (self.coordinator, self.count, self.index)]
        if any(named) and not (self.join and all(named)):
            raise ValueError(
                "--hosts.coordinator, --hosts.count and --hosts.index go together, with "
                "--hosts.join: give all or none."
            )

    @contextlib.contextmanager
    def joined(self, *, patience_seconds: int = PATIENCE_SECONDS) -> Iterator[None]:
        """Join the job, before anything else uses a device, and watch the other hosts.

        Inside it, a lost host ends this process with one line and exit code 75, within a minute.

        Args:
            patience_seconds: how long to wait for the other hosts at the start.

        Raises:
            RunError: if the hosts do not find each other.
        """
        if not self.join:
            yield
            return
        from jaxswap.training import last_words

        not_found = _NOT_FOUND.format(seconds=patience_seconds)
        # JAX ends the process as well when no other host comes.
        with last_words.LastWords(not_found) as last:
            watch = self._initialize(patience_seconds, last)
            last.change(_LAST_WORDS)
            try:
                yield
            except (errors.JaxswapError, KeyboardInterrupt) as error:
                # The disk refuses a host, or a collective inside of the save has lost one.
                watch.fail(own=not isinstance(error, errors.OutputError))
                raise
            except Exception:
                watch.fail(own=False)
                raise
            watch.finish()

    def _initialize(self, patience_seconds: int, last: "last_words.LastWords") -> "liveness.Watch":
        import jax
        from jax._src import distributed  # where Orbax has the client from as well

        from jaxswap.training import liveness

        try:
            jax.distributed.initialize(
                self.coordinator,
                self.count,
                self.index,
                initialization_timeout=patience_seconds,
                heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            )
        except (ValueError, RuntimeError) as error:
            raise errors.RunError(
                f"{_NOT_FOUND.format(seconds=patience_seconds)} "
                f"({str(error).splitlines()[0][:200]})"
            ) from error

        def end(line: str) -> None:
            last.dismiss()
            liveness.say_and_leave(line)

        return liveness.Watch(
            cast(liveness.Keys, distributed.global_state.client),  # None until `initialize`
            index=jax.process_index(),
            count=jax.process_count(),
            end=end,
        )


ALONE = Hosts()
