"""Folders for what is being written, beside the place where it will be.

The new file or folder waits in `.jaxswap-HOST-RANDOM/new/` under its final name, so that no name
grows and writers see the suffix. The process that made such a folder holds a lock in it until its
work is over. Where a process was killed nobody holds the lock, and the next one that writes beside
it clears the folder away.
"""

import contextlib
import hashlib
import itertools
import os
import platform
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".jaxswap-"
NEW, FORMER, LOCK = "new", "former", "lock"

_TRIES = 20  # to remove a folder in which another thread still writes

# Like the files themselves, this belongs to the process as a whole: one that is ended at once must
# find what it has to remove. Each with the parent folders that were made for it.
_held: dict[Path, list[Path]] = {}


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, with a folder `new` in it, for the time of the block.

    What is in `former` comes back under its name if nothing took its place. Parent folders that
    were made and are empty at the end go, too.

    Raises:
        OSError: if no folder can be made there.
    """
    parents = _missing(path.parent)
    made: list[Path] = []
    lock = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear(path.parent)
        lock = _make(path.parent, parents, made)
        holder = made[-1]
        (holder / NEW).mkdir()
        yield holder
    finally:
        for holder in made:
            if _held.pop(holder, None) is not None:
                _discard(holder)
        if lock is not None:
            os.close(lock)
        _remove_empty(parents)


def is_inside(path: Path) -> bool:
    """Whether a path is below such a folder, which appears or goes as a whole."""
    return any(part.startswith(PREFIX) for part in path.parts)


def clear(folder: Path) -> list[Path]:
    """Remove what killed processes of this machine left in `folder`.

    Returns:
        The folders that processes of this machine hold.
    """
    try:
        with os.scandir(folder) as entries:
            mine = f"{PREFIX}{_host()}-"  # another machine's locks may not be seen here
            found = [Path(entry.path) for entry in entries if entry.name.startswith(mine)]
    except OSError:
        return []
    return [holder for holder in found if _is_held(holder)]


def remove_all() -> None:
    """Remove all that this process holds, from any thread: it ends right after that."""
    for holder, parents in list(_held.items()):
        _discard(holder)
        _remove_empty(parents)


def _is_held(holder: Path) -> bool:
    """Whether a process holds a folder. One that nobody holds is removed."""
    try:
        lock = _lock(holder)
    except BlockingIOError:
        return True
    except OSError:  # it is gone, or this disk has no locks
        return False
    if lock is not None:
        _discard(holder)
        os.close(lock)
    return False


def _make(folder: Path, parents: list[Path], made: list[Path]) -> int | None:
    """Make a new folder, the last of `made`; its lock, None where there are no locks."""
    while True:
        holder = folder / f"{PREFIX}{_host()}-{secrets.token_hex(4)}"
        made.append(holder)  # before it is there: a signal may come in between
        _held[holder] = parents
        holder.mkdir()
        try:
            lock = _lock(holder)
        except (BlockingIOError, FileNotFoundError):  # another process cleared it just now
            continue
        except OSError:  # this disk has no locks
            return None
        if lock is None or _is_there(holder, lock):
            return lock
        os.close(lock)


def _lock(holder: Path) -> int | None:
    """The descriptor of the lock, which closing it gives back; None where no system has locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    lock = os.open(holder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _is_there(holder: Path, lock: int) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.stat(holder / LOCK), os.fstat(lock))
    return False


def _discard(holder: Path) -> None:
    """Bring back what was to be replaced and was not, and remove the rest."""
    with contextlib.suppress(OSError):
        for former in (holder / FORMER).iterdir():
            if not (holder.parent / former.name).exists():
                os.replace(former, holder.parent / former.name)
    for _ in range(_TRIES):
        shutil.rmtree(holder, ignore_errors=True)
        if not holder.exists():
            return
        time.sleep(0.01)


def _missing(folder: Path) -> list[Path]:
    """Which of a folder and its parents are not there, the deepest first."""
    return list(itertools.takewhile(lambda each: not each.exists(), [folder, *folder.parents]))


def _remove_empty(folders: list[Path]) -> None:
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _host() -> str:
    return hashlib.sha256(platform.node().encode("utf-8", "surrogateescape")).hexdigest()[:6]
