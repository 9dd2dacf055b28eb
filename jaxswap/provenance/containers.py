"""Where each format keeps its XMP packet, in files that anyone may have made."""

import os
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import av
import av.error
from PIL import Image

from jaxswap import stills
from jaxswap.provenance import marks

XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
"""Type of the top-level box that holds XMP in MP4 and MOV (XMP specification, part 3, 1.2.7.1)."""

MAX_PICTURE_BYTES = 8 * stills.MAX_PIXELS
"""Largest picture file that is looked at: Pillow reads a WebP file as a whole."""

_MAX_BOXES = 100_000  # walked in one file


def append_uuid_box(path: Path, packet: str) -> None:
    """Append the XMP box to a complete MP4 or MOV file; players skip boxes that they don't know."""
    data = packet.encode("utf-8")
    with path.open("ab") as stream:
        stream.write(struct.pack(">I4s", 8 + len(XMP_UUID) + len(data), b"uuid"))
        stream.write(XMP_UUID + data)


def find_packet(path: Path) -> bytes | None:
    """The XMP packet of a file, or None if it has none or is of no format that is known.

    Raises:
        OSError: if the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(12)
        stream.seek(0)
        if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF")):
            return _in_picture(stream)
        if head.startswith(b"\x1a\x45\xdf\xa3"):
            return _in_matroska(stream)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _in_mp4(stream)
    return None


def _in_picture(stream: BinaryIO) -> bytes | None:
    """What Pillow finds in a PNG, JPEG or WebP file; it decodes no pixels for that."""
    if os.fstat(stream.fileno()).st_size > MAX_PICTURE_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes and of other metadata, which are not used
            with Image.open(stream, formats=("PNG", "JPEG", "WEBP")) as image:
                return image.info.get("xmp")
    except OSError as error:
        if error.errno is not None:  # the disk's, not Pillow's about a damaged file
            raise
        return None
    except (ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _in_mp4(stream: BinaryIO) -> bytes | None:
    """The XMP box; no library reads it.

    Boxes are (size, type, content), ISO/IEC 14496-12, 4.2. Every size is checked.
    """
    end = os.fstat(stream.fileno()).st_size
    start = 0
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return None
        stream.seek(start)
        size, kind = struct.unpack(">I4s", stream.read(8))
        header = 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack(">Q", stream.read(8))
            header = 16
        elif size == 0:  # to the end of the file
            size = end - start
        if size < header or start + size > end:
            return None
        if kind == b"uuid" and stream.read(16) == XMP_UUID:
            length = size - header - 16
            return stream.read(length) if 0 <= length <= marks.MAX_PACKET_BYTES else None
        start += size
    return None


def _in_matroska(stream: BinaryIO) -> bytes | None:
    """The tag XMP, which FFmpeg reads."""
    try:
        with av.open(stream, format="matroska") as container:
            packet = container.metadata.get("XMP")
    except (av.error.FFmpegError, UnicodeDecodeError, ValueError):
        return None
    return None if packet is None else packet.encode("utf-8")
