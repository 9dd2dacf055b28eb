"""Memory that the compiler leaves behind."""

import ctypes
import sys


def give_back() -> None:
    """Ask glibc for the pages of what was freed, which it would keep; elsewhere do nothing.

    Compiling a step takes some hundred MiB, in many small pieces and by many threads.

    Reference: https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other libraries of C have none
    if trim is not None:
        trim(0)
