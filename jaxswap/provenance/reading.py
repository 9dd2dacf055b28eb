"""The mark of a video or picture, read back."""

from pathlib import Path

from jaxswap import errors
from jaxswap.provenance import containers, marks, xmp


def read(path: Path) -> marks.Mark | None:
    """The mark of a video or picture, or None if it has none that can be read.

    The file may be anything: it is told by its first bytes, its lengths are checked, and XML with
    a document type or entities is refused.

    Raises:
        FootageError: if there is no such file.
    """
    if not path.is_file():
        raise errors.FootageError(f"{path} is no file: name one video or image.")
    try:
        packet = containers.find_packet(path)
    except OSError as e:
        raise errors.FootageError(f"{path} cannot be read: {e.strerror or e}.") from e
    return None if packet is None else xmp.parse(packet)
