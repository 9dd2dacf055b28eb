"""The frames of an image, of a folder of images, or of the pages of one file."""

import dataclasses
import re
from collections.abc import Generator, Sequence
from fractions import Fraction
from pathlib import Path

from jaxswap import errors, notices, spans, stills
from jaxswap.footage import lost, uniform
from jaxswap.footage.frames import FootageInfo, Frame
from jaxswap.stills import heif


@dataclasses.dataclass(frozen=True)
class Listing:
    """What a folder holds."""

    images: list[Path]
    """In natural order: 2 before 10."""
    left_out: list[str]
    """Names of what is no still, hidden files aside; those of folders end with a slash."""
    heic: list[str]
    """Names of pictures that cannot be read without the extra."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One picture."""

    path: Path
    page: int | None = None
    """Its position in its file; None if the file is that picture."""
    number: int = 1
    """Of the page, from 1."""

    @property
    def name(self) -> str:
        """Of its file, or of the file that its page would be."""
        return self.path.name if self.page is None else f"{self.number:06d}.png"

    def read(self) -> stills.Still:
        """The picture.

        Raises:
            FootageError: if it cannot be read.
        """
        return stills.read(self.path, page=self.page)


def image_files(folder: Path) -> list[Path]:
    """The images of a folder in natural order.

    Raises:
        FootageError: if there are none.
    """
    return listed(folder).images


def listed(folder: Path) -> Listing:
    """What a folder holds: its files are told by their content.

    Raises:
        FootageError: if there is no image.
    """
    try:
        names = [path for path in folder.iterdir() if not path.name.startswith(".")]
        found: dict[str, list[Path]] = {"still": [], "other": [], "heic": []}
        for path in sorted(names, key=lambda path: (_natural(path.name), path.name)):
            found[_sort_of(path)].append(path)
    except OSError as error:
        raise errors.FootageError(
            f"The folder {folder} cannot be read ({lost.reason(error)}). Check its permissions."
        ) from error
    listing = Listing(
        images=found["still"],
        left_out=[path.name + "/" * path.is_dir() for path in found["other"]],
        heic=[path.name for path in found["heic"]],
    )
    if not listing.images:
        raise errors.FootageError(_no_image(folder, listing))
    return listing


def entries(info: FootageInfo) -> tuple[list[Entry], notices.Notices]:
    """The pictures of footage that is no video, and what of a folder is not read.

    Raises:
        FootageError: if there is none.
    """
    noticed = notices.Notices()
    if info.kind == "image":
        return [Entry(info.path)], noticed
    if not info.path.is_dir():
        return pages(info.path), noticed
    listing = listed(info.path)
    for name in listing.left_out:
        noticed.add_named(
            f"Not read in {info.path.name}, which is read as a folder of still pictures",
            name,
        )
    for name in listing.heic:
        noticed.add_named(f"HEIC pictures are not read without an extra ({heif.EXTRA})", name)
    return [Entry(path) for path in listing.images], noticed


def pages(path: Path) -> list[Entry]:
    """The pages of a file of many."""
    return [Entry(path, page, number) for number, page in enumerate(stills.pages(path), 1)]


def first_readable(pictures: Sequence[Entry]) -> stills.Still:
    """The first picture that can be read.

    Raises:
        FootageError: if none can.
    """
    for picture in pictures[:-1]:
        try:
            return picture.read()
        except errors.FootageError:
            continue
    return pictures[-1].read()


def read(
    info: FootageInfo, *, every: int, span: spans.Span, noticed: notices.Notices
) -> Generator[Frame]:
    """The frames of an image or of a folder, in order.

    Args:
        info: of the footage.
        every: take every n-th image.
        span: the part of a film of images that is read.
        noticed: hears what of the images is not read or does not come as it is.

    Raises:
        FootageError: if not one image can be read.
    """
    rate = info.frame_rate
    pictures, left_out = entries(info)
    noticed.add(*left_out.lines)
    part = list(enumerate(pictures))
    if rate is not None:
        first, after = span.ticks(1 / rate, origin=0)
        part = part[first:after]
    part = part[::every]
    broken = []
    for index, picture in part:
        try:
            still = picture.read()
        except errors.FootageError:
            broken.append(picture.name)
            if len(broken) == len(part):
                raise
            continue
        for remark in still.remarks:
            noticed.add_named(remark[0].upper() + remark[1:], picture.name)
        if rate is not None:
            still = uniform.like_first(
                still, size=(info.width, info.height), name=picture.name, noticed=noticed
            )
        yield _frame(picture, still, index=index, first=part[0][0], rate=rate)
    noticed.add(*lost.of_images(broken, total=len(pictures)))


def _frame(
    picture: Entry, still: stills.Still, *, index: int, first: int, rate: Fraction | None
) -> Frame:
    return Frame(
        index=index - first,
        time_s=float(index / (rate or 1)),
        image_u8=still.rgb_u8,
        name=picture.name,
        pts=None if rate is None else index,
        time_base=None if rate is None else 1 / rate,
        still=still,
    )


def _sort_of(path: Path) -> str:
    if path.is_dir():
        return "other"
    try:
        kind = stills.kind_of(path)
        if kind == "still" and stills.is_heic(path) and not heif.is_available():
            return "heic"
    except OSError:  # one that cannot be opened is told of when it is read
        return "still" if path.suffix.lower() in stills.SUFFIXES else "other"
    return "still" if kind == "still" else "other"


def _no_image(folder: Path, listing: Listing) -> str:
    if listing.heic:
        return f"The folder {folder} holds only HEIC pictures, which need an extra: {heif.EXTRA}"
    held = f" It holds {notices.shown(listing.left_out)}." if listing.left_out else ""
    return f"The folder {folder} holds no image.{held} Give a video file or a folder of images."


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
