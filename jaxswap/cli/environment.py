"""What the process needs before JAX is imported: a cache of compiled programs, and large pages."""

import hashlib
import os
import platform
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path

CACHE_BYTES = 2**30  # the least recently used programs leave first
LEAST_COLUMNS = 20
_LARGE_PAGES = "glibc.malloc.hugetlb=1"


def prepare(argv: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """Set what the user has not set. May start the interpreter anew, with the same command line.

    Args:
        argv: the command line without the program's name.
        environ: of this process.
    """
    if environ.get("COLUMNS", "").isdigit():  # help texts take minutes to fit into one column
        environ["COLUMNS"] = str(max(int(environ["COLUMNS"]), LEAST_COLUMNS))
    if {"-h", "--help"} & set(argv):
        return  # no JAX
    environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # XLA's and LiteRT's notes; errors stay
    environ.setdefault("GLOG_minloglevel", "2")
    keep_programs(environ)
    if argv and ask_for_large_pages(environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], dict(environ))


def keep_programs(environ: MutableMapping[str, str]) -> None:
    """Let JAX keep compiled programs in the user's cache folder, apart for each kind of processor.

    A program that was compiled for one processor may not run on another, and home folders are
    shared between machines. `JAX_ENABLE_COMPILATION_CACHE=false` turns it off. It is off too where
    the user has no home folder, or one that cannot be written.
    """
    if "JAX_COMPILATION_CACHE_DIR" in environ:
        return
    import platformdirs  # takes longer to import than the text of a help to print

    try:
        cache = platformdirs.user_cache_path("jaxswap", appauthor=False)
    except RuntimeError:  # no home folder
        cache = Path("~")
    folder = cache / "programs" / _processor()
    if not _is_writable(folder):
        environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")
        return
    environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
    environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(CACHE_BYTES))
    environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")


def ask_for_large_pages(environ: MutableMapping[str, str]) -> bool:
    """Let glibc ask for large pages, which it reads at the start of a process only.

    XLA:CPU asks for its working memory anew in every step. In pages of 4 KiB the kernel hands out
    and clears a quarter of a million of them each time, a tenth of a training step.

    Returns:
        Whether the process must start anew to have them.

    Reference: https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
    """
    tunables = environ.get("GLIBC_TUNABLES", "")
    if platform.libc_ver()[0] != "glibc" or "glibc.malloc.hugetlb" in tunables:
        return False
    environ["GLIBC_TUNABLES"] = ":".join(filter(None, [tunables, _LARGE_PAGES]))
    return bool(sys.executable)


def _is_writable(folder: Path) -> bool:
    """Whether files can be made there. Without a home folder some path begins with a plain `~`."""
    if not folder.is_absolute():
        return False
    there = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    return os.access(there, os.W_OK | os.X_OK)


def _processor() -> str:
    """A name for what programs are compiled for: the architecture and its extensions."""
    told = [platform.machine(), platform.processor()]
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        told += sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return f"{platform.machine()}-{hashlib.sha256('|'.join(told).encode()).hexdigest()[:12]}"
