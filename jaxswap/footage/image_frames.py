"""The frames of an image or of a folder of images."""

import re
from collections.abc import Generator, Sequence
from pathlib import Path

from jaxswap import errors, images, notices, spans, types
from jaxswap.footage import lost
from jaxswap.footage.frames import FootageInfo, Frame


def image_files(folder: Path) -> list[Path]:
    """The images of a folder in natural order (2 before 10).

    Raises:
        FootageError: if there are none.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise errors.FootageError(
            f"The folder {folder} cannot be read ({lost.reason(error)}). Check its permissions."
        ) from error
    found = [
        path
        for path in entries
        if path.suffix.lower() in images.SUFFIXES and not path.name.startswith(".")
    ]
    if not found:
        raise errors.FootageError(
            f"The folder {folder} holds no image ({', '.join(images.SUFFIXES)}). "
            "Give a video file or a folder of images."
        )
    return sorted(found, key=lambda path: (_natural(path.name), path.name))


def first_readable(paths: Sequence[Path]) -> types.ImageU8:
    """The first image that can be read.

    Raises:
        FootageError: if none can.
    """
    for path in paths[:-1]:
        try:
            return images.read_u8(path)
        except errors.FootageError:
            continue
    return images.read_u8(paths[-1])


def read(
    info: FootageInfo, *, every: int, span: spans.Span, noticed: notices.Notices
) -> Generator[Frame]:
    """The frames of an image or of a folder, in order.

    Args:
        info: of the footage.
        every: take every n-th image.
        span: the part of a film of images that is read.
        noticed: hears at the end which images could not be read.

    Raises:
        FootageError: if not one image can be read.
    """
    rate = info.frame_rate
    paths = image_files(info.path) if info.kind == "images" else [info.path]
    part = list(enumerate(paths))
    if rate is not None:
        first, after = span.ticks(1 / rate, origin=0)
        part = part[first:after]
    part = part[::every]
    broken = []
    for index, path in part:
        try:
            image_u8 = images.read_u8(path)
        except errors.FootageError:
            broken.append(path.name)
            if len(broken) == len(part):
                raise
            continue
        yield Frame(
            index=index - part[0][0],
            time_s=float(index / (rate or 1)),
            image_u8=image_u8,
            name=path.name,
            pts=None if rate is None else index,
            time_base=None if rate is None else 1 / rate,
        )
    noticed.add(*lost.of_images(broken, total=len(paths)))


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
