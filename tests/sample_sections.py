"""Sections of a benchmark that go well or badly, for processes that the tests start."""

import sys
import time


def works(tell, *, number=1):
    tell.plan(["one", "two"])
    sys.stdout.write("{not what was measured\n")
    for name in ("one", "two"):
        tell.row(name, {"number": number, "off": float("nan")})


def fails_in_between(tell):
    tell.plan(["one", "two", "three"])
    for name in ("one", "two", "three"):
        with tell.attempt(name):
            if name == "two":
                raise ValueError("no such thing\nand more")
            tell.row(name, {})


def hangs(tell):
    tell.plan(["one", "two"])
    tell.row("one", {})
    time.sleep(60)


def dies(tell):
    tell.row("one", {})
    raise SystemExit(3)
