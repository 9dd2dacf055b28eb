"""Local copies of what a command reads from buckets, and of what it writes to them.

FFmpeg, ArrayRecord and Orbax (for s3://) read and write local files alone, and a video, a chip or a
checkpoint is read more than once: so a place at a URL is copied to the disk, in the folder that
TMPDIR names, and the command works on the copy. Local paths are taken as they are.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jaxswap import errors
from jaxswap.events import SILENT, Events
from jaxswap.places import checkpoint_names, run_upload, transfer, urls


class LocalCopies:
    """The copies of one command; they go when its `with` block ends.

    An error of the block names URLs, not their copies.
    """

    def __init__(self, *, events: Events = SILENT) -> None:
        """Copy nothing yet.

        Args:
            events: is told, from a thread, when the URL of a run cannot be written for a while.
        """
        self._events = events
        self._folder: Path | None = None
        self._count = itertools.count()
        self._copies: dict[urls.Url, Path] = {}
        self._read: set[urls.Url] = set()
        self._keep = False

    def __enter__(self) -> "LocalCopies":
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Remove the copies, unless one is all that there is of an output.

        Raises:
            JaxswapError: the block's own, with the URLs' names.
        """
        if self._folder is not None and not self._keep:
            shutil.rmtree(self._folder, ignore_errors=True)
        if isinstance(error, errors.JaxswapError) and not isinstance(error, errors.PlaceError):
            named = self.named(str(error))
            if named != str(error):
                raise type(error)(named) from error

    def fetch(self, place: urls.Place) -> Path:
        """Something to read: a file, or a folder with all that is below it.

        Of a run comes what is read of it: run.json, metrics, data and the latest checkpoint.

        Raises:
            PlaceError: if nothing is there, or it cannot be read.
            OutputError: if the disk has no room for it.
        """
        if isinstance(place, Path):
            return place
        if place not in self._copies:
            copy = self._new(place)
            if transfer.size(place) is not None:
                transfer.download_file(place, copy)
            else:
                found = transfer.files_below(place)
                if not found:
                    raise errors.PlaceError(f"There is nothing at {place}. Check the address.")
                copy.mkdir()
                transfer.download(place, checkpoint_names.wanted(found), copy)
            self._copies[place] = copy
            self._read.add(place)
        return self._copies[place]

    @contextlib.contextmanager
    def output(self, place: urls.Place, *, header: str | None = None) -> Iterator[Path]:
        """A local path to write a file or folder to; at a URL it is written when the block is over.

        Args:
            place: where to; an object that is there is replaced.
            header: of the folder that is written; another folder with that header is replaced as a
                whole, and anything else that is there is refused.

        Raises:
            OutputError: if something is in the way.
            PlaceError: if it cannot be written; the local copy stays then.
        """
        if isinstance(place, Path):
            yield place
            return
        if place in self._read:
            raise errors.OutputError(f"{place} is what is read: choose another name.")
        before = transfer.files_below(place) if header else {}
        if before and header not in before:
            raise errors.OutputError(
                f"{place} exists and has no {header}, so it stays as it is. Choose another name."
            )
        with self._written(place) as copy:
            yield copy
        if header:
            transfer.remove(place, sorted(before.keys() - set(transfer.local_files(copy))))

    @contextlib.contextmanager
    def new(self, place: urls.Place) -> Iterator[Path]:
        """Like `output`, for what never replaces anything.

        Raises:
            OutputError: if something is there.
            PlaceError: if it cannot be written; the local copy stays then.
        """
        if isinstance(place, Path):
            yield place
            return
        if transfer.size(place) is not None or transfer.files_below(place):
            raise errors.OutputError(
                f"{place} exists already. Remove it or choose another name: it is not overwritten."
            )
        with self._written(place) as copy:
            yield copy

    @contextlib.contextmanager
    def run(self, place: urls.Place, *, keep: int) -> Iterator[Path]:
        """A run folder to train in; one at a URL follows its local copy.

        Args:
            place: of the run, new or begun.
            keep: how many of the latest checkpoints stay.

        Raises:
            PlaceError: if the URL could not follow to the end; the local copy stays then.
            RunError: if another training took the run over.
        """
        if isinstance(place, Path):
            yield place
            return
        copy = self._new(place)
        copy.mkdir()
        begun = checkpoint_names.wanted(transfer.files_below(place))
        transfer.download(place, begun, copy)
        self._copies[place] = copy
        following = run_upload.RunUpload(copy, place, keep=keep, events=self._events)
        with self._kept(copy), following:
            yield copy

    def named(self, text: str) -> str:
        """`text` with URLs instead of their local copies."""
        for url, copy in self._copies.items():
            for name in (str(copy.resolve()), str(copy)):
                text = text.replace(name, str(url))
        return text

    def _new(self, url: urls.Url) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="jaxswap-"))
        folder = self._folder / str(next(self._count))
        folder.mkdir()
        return folder / url.name

    @contextlib.contextmanager
    def _written(self, url: urls.Url) -> Iterator[Path]:
        copy = self._new(url)
        self._copies[url] = copy
        yield copy
        with self._kept(copy):
            if copy.is_dir():
                transfer.upload(copy, url, transfer.local_files(copy))
            else:
                transfer.upload_file(copy, url)

    @contextlib.contextmanager
    def _kept(self, copy: Path) -> Iterator[None]:
        """Keep the local copy if it could not be written to its URL."""
        try:
            yield
        except errors.PlaceError as error:
            self._keep = True
            raise errors.PlaceError(
                f"{error} All of it is in {copy}: copy it from there."
            ) from error
