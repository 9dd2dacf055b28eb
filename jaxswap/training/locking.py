"""One training at a time in a run folder."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from jaxswap import errors


@contextlib.contextmanager
def sole_training(run_dir: Path) -> Iterator[None]:
    """Hold the run folder; the system lets go of it even if the process is killed.

    Raises:
        RunError: if another training holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows: nothing holds, as on a disk that has no locks
        yield
        return
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise errors.RunError(
                    f"Another training is at work in {run_dir}. Wait for it or stop it, or give "
                    "--run another folder."
                ) from error
        yield
