"""What a user names: a local path, or the URL of something in a bucket."""

import dataclasses
import os
import re
from pathlib import Path, PurePosixPath
from urllib import parse

from jaxswap import errors

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://(.+)", re.DOTALL)  # two letters or more: C:// is a disk


@dataclasses.dataclass(frozen=True)
class Url:
    """An address of one object, or of all objects whose keys begin with it and a slash.

    Attributes:
        scheme: what kind of store it is, such as `s3`.
        key: bucket and path, without a slash at the end.
    """

    scheme: str
    key: str

    def __post_init__(self) -> None:
        parts = self.key.split("/")
        if "@" in parts[0]:
            raise errors.PlaceError(
                f"{self.scheme}://{parts[0].rpartition('@')[2]} comes with a name or password: "
                "leave it out, credentials come from the environment."
            )
        if "::" in self.key or any(part in ("", ".", "..") for part in parts):
            raise errors.PlaceError(f"{self} is no plain address, such as s3://bucket/folder.")
        if not self.key.isprintable() or "\\" in self.key:
            raise errors.PlaceError(f"{str(self)!r} has characters that no file's name can have.")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.key}"

    def __truediv__(self, name: str) -> "Url":
        return Url(self.scheme, f"{self.key}/{name}")

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.key).name

    @property
    def suffix(self) -> str:
        """The ending of the last part, with its dot."""
        return PurePosixPath(self.key).suffix


Place = Path | Url


def parse_place(text: str) -> Place:
    """A URL, or else a local path; file:// is a local path too, and ~ is the home folder.

    A shell leaves the ~ of `--out=~/x` and `a=~/x` as it is.

    Raises:
        PlaceError: if a URL holds credentials, leads upwards, or is no plain address; if a path is
            empty, holds a character that no path can, or there is no home folder.
    """
    match = _URL.fullmatch(text)
    if not match:
        return _local(text)
    scheme, key = match.groups()
    if scheme == "file":
        return Path(parse.unquote(key))
    return Url(scheme, key.strip("/"))


def _local(text: str) -> Path:
    if not text or "\0" in text:
        raise errors.PlaceError(f"{text!r} is no path. Write the name of a file or folder.")
    path = os.path.expanduser(text)
    if path == text and (text == "~" or text.startswith("~/")):
        raise errors.PlaceError(
            f"{text} is in your home folder, and the system knows none. Write the path in full."
        )
    return Path(path)
