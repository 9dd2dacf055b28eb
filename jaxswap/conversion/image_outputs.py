"""Where converted images go: an image, or a folder of images."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

from jaxswap import errors, files, footage, notices, stills
from jaxswap.conversion import canvas, originals
from jaxswap.provenance import marked_pictures, marks


class _Images:
    """What appears under its final name only when it is complete."""

    def __init__(
        self,
        out: Path,
        *,
        source: Path,
        mark: marks.Mark,
        partial: contextlib.AbstractContextManager[Path],
    ) -> None:
        self._out, self._source, self._mark = out, source, mark
        self._make_partial = partial
        self.notices = notices.Notices()

    def __enter__(self) -> "_Images":
        """Make the temporary file or folder.

        Raises:
            OutputError: if that cannot be.
        """
        try:
            self._partial = self._make_partial.__enter__()
        except OSError as e:
            raise _refused(self._out, e) from e
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        """Give it its name, or remove it if the block failed.

        Raises:
            OutputError: if the name cannot be given.
        """
        try:
            self._make_partial.__exit__(kind, error, traceback)
        except OSError as e:
            if e is error:
                raise
            raise _refused(self._out, e) from e

    def keep(self, frame: footage.Frame) -> originals.Original[stills.Pixels]:
        """The image and its name."""
        still = frame.still or stills.plain(frame.image_u8)
        return originals.Original(
            pts=None, name=self._name_of(frame), picture=still.pixels, still=still
        )

    def open_canvas(self, original: originals.Original[stills.Pixels]) -> canvas.StillCanvas:
        """A copy of the image."""
        return canvas.StillCanvas(original.still or stills.plain(original.picture))

    def _name_of(self, frame: footage.Frame) -> str:
        return frame.name or ""

    def _write(
        self,
        path: Path,
        original: originals.Original[stills.Pixels],
        painted: canvas.Canvas[stills.Pixels] | None,
    ) -> None:
        marked_pictures.write(
            path,
            original.picture if painted is None else painted.picture,
            mark=None if painted is None else self._mark,
            like=original.still,
            noticed=self.notices,
            name=original.name,
        )


class ImageOutput(_Images):
    """One image."""

    def __init__(self, out: Path, *, source: Path, mark: marks.Mark) -> None:
        """Write nothing yet.

        Args:
            out: where to; its suffix is the format.
            source: the image that is converted.
            mark: what the image says about itself.

        Raises:
            OutputError: if the name is of no format that carries a mark, a folder, or the source.
        """
        marked_pictures.check_suffix(out)
        if out.is_dir():
            raise errors.OutputError(f"{out} is a folder: name an image file in it.")
        if out.exists() and out.samefile(source):
            raise errors.OutputError(f"{out} is the footage itself: choose another name.")
        super().__init__(out, source=source, mark=mark, partial=files.replacing(out))

    def write(
        self,
        original: originals.Original[stills.Pixels],
        painted: canvas.Canvas[stills.Pixels] | None,
    ) -> None:
        """Write the image; one that did not change is a copy of its file."""
        if painted is None:
            _copy(self._source, self._partial)
        else:
            self._write(self._partial, original, painted)


class FolderOutput(_Images):
    """A folder of images with the names of the source's."""

    def __init__(self, out: Path, *, source: Path, mark: marks.Mark) -> None:
        """Write nothing yet.

        Args:
            out: the folder; it must not hold anything yet.
            source: the folder that is converted.
            mark: what each changed image says about itself.

        Raises:
            OutputError: if something is there already.
        """
        files.check_new(out)
        super().__init__(out, source=source, mark=mark, partial=files.new_folder(out))

    def write(
        self,
        original: originals.Original[stills.Pixels],
        painted: canvas.Canvas[stills.Pixels] | None,
    ) -> None:
        """Write an image; one that did not change is a copy of its file, unmarked.

        A changed one of a format that carries no mark becomes PNG: x.bmp.png.
        """
        target = self._partial / original.name
        if painted is None and (original.still is None or original.still.as_in_file):
            _copy(self._source / original.name, target)
            return
        if target.suffix.lower() not in marked_pictures.SUFFIXES:
            target = target.with_name(target.name + ".png")
            self.notices.add_named(
                "Became PNG, since their own format cannot say that they are synthetic",
                original.name,
            )
        self._write(target, original, painted)


class PagesOutput(FolderOutput):
    """A folder of PNGs, numbered from 1, of the pages of a file."""

    def write(
        self,
        original: originals.Original[stills.Pixels],
        painted: canvas.Canvas[stills.Pixels] | None,
    ) -> None:
        """Write a page; one that did not change is unmarked."""
        self._write(self._partial / original.name, original, painted)


class SequenceOutput(PagesOutput):
    """A folder of PNGs, numbered from 1, of the frames of a video."""

    def __init__(self, out: Path, *, source: footage.FootageInfo, mark: marks.Mark) -> None:
        """Write nothing yet; `source` is the video that is converted, all else as of a folder."""
        super().__init__(out, source=source.path, mark=mark)
        if source.audio_streams:
            self.notices.add("sound, which a folder of images cannot hold")
        if source.bits > 8:
            self.notices.add(f"{source.bits} bits a channel of {source.path.name} became 8 in PNGs")
        if source.tags is not None and source.tags.is_wide:
            self.notices.add(
                f"the colours of {source.path.name} are no sRGB (BT.2020, P3, PQ or HLG): the PNGs "
                "hold its values and do not say so; a video keeps them"
            )

    def _name_of(self, frame: footage.Frame) -> str:
        return f"{frame.index + 1:06d}.png"


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as e:
        raise _refused(target, e) from e


def _refused(path: Path, error: OSError) -> errors.OutputError:
    return errors.OutputError(
        f"{path} cannot be written: {error.strerror or error}. Free space or choose another place; "
        "what was there before is as it was."
    )
