"""Damaged files, and what becomes of them: python mutations.py FOLDER FIRST AFTER.

FOLDER holds whole files; input number n is one of them, damaged as the seed n says. Each is read in
every way in which commands read it. A line of JSON goes out for each: what was raised, how long it
took, and the largest memory of the process so far.
"""

import contextlib
import json
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np

from jaxswap import config, errors, footage, images
from jaxswap.conversion import outputs
from jaxswap.provenance import marks

MARK = marks.Mark(run_fingerprint="0", swaps=(marks.MarkedSwap(person="a", identity="b"),))
MOST_FLIPS = 64
ENDINGS = (".mp4", ".mkv", ".mov")


def damaged(rng: np.random.Generator, content: bytes, other: bytes) -> bytes:
    """Some bytes flipped, a part cut out or off, or a part of another file put in."""
    how = rng.choice(["flip", "flip the head", "cut", "cut off", "splice"])
    first, after = sorted(int(at) for at in rng.integers(0, len(content), 2))
    if how == "cut":
        return content[:first] + content[after:]
    if how == "cut off":
        return content[:after]
    if how == "splice":
        start, end = sorted(int(at) for at in rng.integers(0, len(other), 2))
        return content[:first] + other[start:end] + content[after:]
    reach = min(len(content), 2_000) if how == "flip the head" else len(content)
    flipped = np.frombuffer(content, np.uint8).copy()
    places = rng.integers(0, reach, int(rng.integers(1, MOST_FLIPS)))
    flipped[places] ^= rng.integers(1, 256, len(places), dtype=np.uint8)
    return flipped.tobytes()


def read(path: Path, out: Path) -> None:
    """Everything that commands do with footage, without a network: frames pass through."""
    reader = footage.FrameReader(path)
    options = config.ConvertConfig(preset="ultrafast")
    ending = path.suffix if reader.info.kind == "image" else out.suffix
    output = outputs.make(reader.info, out.with_suffix(ending), mark=MARK, options=options)
    with output:
        for frame in reader:
            output.write(output.keep(frame), None)


def attempt(path: Path, out: Path) -> dict[str, str]:
    """The errors that came out of each way of reading, by its name."""
    ways = {
        "probe": lambda: footage.probe(path),
        "image": lambda: images.read_u8(path),
        "convert": lambda: read(path, out),
    }
    raised = {}
    for name, act in ways.items():
        try:
            act()
        except errors.JaxswapError as error:
            raised[name] = f"JaxswapError: {error}"
        except Exception as error:  # noqa: BLE001 - what must not come out
            raised[name] = f"{type(error).__name__}: {error}"
    return raised


def most_mib() -> float:
    """The most memory that this process had; getrusage counts that of its parent, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024


def main(folder: Path, first: int, after: int) -> None:
    whole = sorted(path for path in folder.iterdir() if path.is_file())
    work = folder / f"work-{first}"
    work.mkdir()
    for number in range(first, after):
        rng = np.random.default_rng(number)
        source, other = (whole[int(at)] for at in rng.integers(0, len(whole), 2))
        path = work / f"{number}{source.suffix}"
        path.write_bytes(damaged(rng, source.read_bytes(), other.read_bytes()))
        sys.stdout.write(json.dumps({"begins": number, "file": source.name}) + "\n")
        sys.stdout.flush()
        start = time.monotonic()
        raised = attempt(path, work / f"out{ENDINGS[number % len(ENDINGS)]}")
        line = {
            "number": number,
            "file": source.name,
            "raised": raised,
            "seconds": time.monotonic() - start,
            "most_mib": most_mib(),
            "left": sorted(p.name for p in work.iterdir() if p.name.startswith(".")),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        for made in work.iterdir():
            with contextlib.suppress(OSError):
                made.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
