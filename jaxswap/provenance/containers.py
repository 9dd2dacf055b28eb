"""Where each format keeps its XMP packet, found by walking the file with every length checked."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from jaxswap.provenance import marks

XMP_UUID = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
"""Type of the top-level box that holds XMP in MP4 and MOV (XMP specification, part 3, 1.2.7.1)."""

_MAX_PARTS = 100_000  # boxes, chunks or segments walked in one file
_JPEG_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_KEYWORD = b"XML:com.adobe.xmp\0"


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
        finder = _finder(stream.read(12))
        if finder is None:
            return None
        stream.seek(0)
        try:
            return finder(stream)
        except struct.error:  # the file ends inside a header
            return None


def _finder(head: bytes) -> Callable[[BinaryIO], bytes | None] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _in_png
    if head.startswith(b"\xff\xd8"):
        return _in_jpeg
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _in_webp
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _in_matroska
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _in_mp4
    return None


def _bounded(stream: BinaryIO, size: int) -> bytes | None:
    if not 0 <= size <= marks.MAX_PACKET_BYTES:
        return None
    data = stream.read(size)
    return data if len(data) == size else None


def _in_mp4(stream: BinaryIO) -> bytes | None:
    """Boxes of (size, type, content), ISO/IEC 14496-12, 4.2."""
    end = os.fstat(stream.fileno()).st_size
    start = 0
    for _ in range(_MAX_PARTS):
        if start + 8 > end:
            return None
        stream.seek(start)
        size, kind = struct.unpack(">I4s", stream.read(8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8))
            header = 16
        elif size == 0:  # to the end of the file
            size = end - start
        if size < header or start + size > end:
            return None
        if kind == b"uuid" and stream.read(16) == XMP_UUID:
            return _bounded(stream, size - header - 16)
        start += size
    return None


def _in_png(stream: BinaryIO) -> bytes | None:
    """Chunks of (length, type, content, checksum); XMP is an uncompressed iTXt chunk."""
    stream.seek(8)
    for _ in range(_MAX_PARTS):
        size, kind = struct.unpack(">I4s", stream.read(8))
        if kind == b"iTXt" and size <= marks.MAX_PACKET_BYTES:
            content = _bounded(stream, size) or b""
            if content.startswith(_PNG_KEYWORD):
                # After the keyword: two zero bytes (not compressed), language, translated keyword.
                return content.removeprefix(_PNG_KEYWORD)[2:].split(b"\0", 2)[-1]
            stream.seek(4, os.SEEK_CUR)
        else:
            stream.seek(size + 4, os.SEEK_CUR)
    return None


def _in_jpeg(stream: BinaryIO) -> bytes | None:
    """Segments of (0xff, marker, length, content) before the scan; XMP is an APP1 segment."""
    stream.seek(2)
    for _ in range(_MAX_PARTS):
        start, marker, size = struct.unpack(">BBH", stream.read(4))
        if start != 0xFF or marker == 0xDA or size < 2:  # 0xda: the picture begins
            return None
        if marker == 0xE1:
            content = _bounded(stream, size - 2) or b""
            if content.startswith(_JPEG_HEADER):
                return content.removeprefix(_JPEG_HEADER)
        else:
            stream.seek(size - 2, os.SEEK_CUR)
    return None


def _in_webp(stream: BinaryIO) -> bytes | None:
    """RIFF chunks of (type, length, content), padded to even length."""
    stream.seek(12)
    for _ in range(_MAX_PARTS):
        kind, size = struct.unpack("<4sI", stream.read(8))
        if kind == b"XMP ":
            return _bounded(stream, size)
        stream.seek(size + size % 2, os.SEEK_CUR)
    return None


def _in_matroska(stream: BinaryIO) -> bytes | None:
    """The tag XMP, which FFmpeg reads."""
    import av

    try:
        with av.open(stream, format="matroska") as container:
            packet = container.metadata.get("XMP")
    except (av.error.FFmpegError, UnicodeDecodeError, ValueError):
        return None
    return None if packet is None else packet.encode("utf-8")
