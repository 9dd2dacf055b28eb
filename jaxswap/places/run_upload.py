"""Writing a run to its URL while a training works in the local copy."""

import _thread
import secrets
import shutil
import tempfile
import threading
from pathlib import Path

from jaxswap import errors
from jaxswap.events import SILENT, Events
from jaxswap.places import checkpoint_names, transfer, urls

EVERY_S = 10.0
"""Seconds between two looks for what is new."""

_WHOLE = ("data/", f"{checkpoint_names.FOLDER}/")  # complete when they appear; the rest grows

OWNER = ".training"
"""Names the training that writes: the one that began last."""


class RunUpload:
    """Writes what is new in a run folder to its URL, in a thread, while its `with` block runs.

    A checkpoint is written once it is complete here, is complete there when its sums are, and the
    ones before it stay until then. Buckets have no locks: two trainings that begin at the same
    moment may both write. Else the one that began first stops at its next look.
    """

    def __init__(self, folder: Path, url: urls.Url, *, keep: int, events: Events = SILENT):
        """Write nothing yet.

        Args:
            folder: of the run; what it holds when the block begins is at the URL already.
            url: of the run.
            keep: how many of the latest checkpoints stay.
            events: is told, from the thread, when the URL cannot be written for a while.
        """
        self._folder = folder
        self._url = url
        self._keep = keep
        self._events = events
        self._token = secrets.token_hex(16).encode()
        self._written: dict[str, tuple[int, int]] = {}
        self._over = threading.Event()
        self._has_failed = False
        self._thread = threading.Thread(target=self._follow, name="upload", daemon=True)

    def __enter__(self) -> "RunUpload":
        self._written = {name: self._state(name) for name in transfer.local_files(self._folder)}
        transfer.write(self._url / OWNER, self._token)
        self._remove_incomplete()
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Write the rest, also after an error of the block.

        Raises:
            PlaceError: if that cannot be.
            RunError: if another training took the run over.
        """
        self._over.set()
        self._thread.join()
        self.write()

    def write(self) -> None:
        """Write what is new since the last time.

        Raises:
            PlaceError: if something cannot be written.
            RunError: if another training took the run over.
        """
        self._check_owner()
        names = [name for name in transfer.local_files(self._folder) if not _is_hidden(name)]
        # What a restart must find comes before what would make it look for that.
        data = [name for name in names if name.startswith("data/")]
        self._write(sorted(data, key=lambda name: name == "data/dataset.json"))
        self._write([name for name in names if name in transfer.HEADERS])
        for step in checkpoint_names.steps(names)[-1:]:
            self._write_checkpoint(checkpoint_names.of_step(names, step))
        self._write_growing([name for name in names if not name.startswith(_WHOLE)])

    def _remove_incomplete(self) -> None:
        """Remove checkpoints that a killed training began to write: the same steps come again."""
        there = transfer.files_below(self._url)
        for step in checkpoint_names.begun(there) - set(checkpoint_names.steps(there)):
            transfer.remove(self._url, checkpoint_names.of_step(there, step))

    def _follow(self) -> None:
        while not self._over.wait(EVERY_S):
            try:
                self.write()
                self._has_failed = False
            except errors.RunError:
                _thread.interrupt_main()  # like Ctrl-C: the training stops, then `write` says why
                return
            except FileNotFoundError:  # renamed or removed by the training, just now
                continue
            except (errors.PlaceError, OSError) as error:
                if not self._has_failed:
                    self._events.message(f"{error} The training goes on and tries again.")
                self._has_failed = True

    def _write_checkpoint(self, names: list[str]) -> None:
        if not self._write(names):
            return
        there = transfer.files_below(self._url)
        for step in checkpoint_names.steps(there)[: -self._keep]:
            # Its sums go first: from then on it is none.
            transfer.remove(self._url, checkpoint_names.of_step(there, step)[::-1])

    def _write(self, names: list[str]) -> bool:
        """Write the files among `names` that changed, in this order; tells whether one had."""
        changed = False
        for name in names:
            state = self._state(name)
            if self._written.get(name) != state:
                transfer.upload_file(self._folder / name, self._url / name)
                self._written[name] = state
                changed = True
        return changed

    def _write_growing(self, names: list[str]) -> None:
        """Write files that another thread may append to meanwhile: each as it is at one moment."""
        for name in names:
            if (state := self._state(name)) == self._written.get(name):
                continue
            with tempfile.NamedTemporaryFile(dir=self._folder.parent) as moment:
                shutil.copyfile(self._folder / name, moment.name)
                transfer.upload_file(Path(moment.name), self._url / name)
            self._written[name] = state

    def _state(self, name: str) -> tuple[int, int]:
        found = (self._folder / name).stat()
        return found.st_size, found.st_mtime_ns

    def _check_owner(self) -> None:
        if transfer.read(self._url / OWNER, limit=64) != self._token:
            raise errors.RunError(
                f"Another training began in {self._url}, and this one stopped: its last steps are "
                "not kept. Let one training at a time use a run."
            )


def _is_hidden(name: str) -> bool:
    """Locks, and what is still in the making."""
    return any(part.startswith(".") for part in name.split("/"))
