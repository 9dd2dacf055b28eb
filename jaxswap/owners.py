"""Files of owners without a name, as in containers that run under a bare number.

etils, by which Orbax and TFDS reach files, looks up the name of each file's owner and fails where
the system knows none. Nothing here needs the name.
"""

import os
import stat
from typing import Any


def need_no_name() -> None:
    """Let etils give the numbers of an owner and a group that have no name."""
    from etils.epath import backend, stat_utils

    theirs = backend._OsPathBackend.stat
    if theirs.__module__ == __name__:  # done already
        return

    def found(self: Any, path: Any) -> Any:
        try:
            return theirs(self, path)
        except KeyError:
            status = os.stat(path)
            return stat_utils.StatResult(
                is_directory=stat.S_ISDIR(status.st_mode),
                length=status.st_size,
                mtime=int(status.st_mtime),
                owner=str(status.st_uid),
                group=str(status.st_gid),
                mode=status.st_mode,
            )

    backend._OsPathBackend.stat = found
