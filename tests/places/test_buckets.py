"""The main job with everything in buckets of an S3-compatible server: `make test-buckets`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

pytestmark = pytest.mark.buckets

MODEL = (
    *("--data.chip-size", "32", "--model.image-size", "16", "--model.encoder.features", "8", "16"),
    *("--model.visible.features", "4", "--model.inter.bottleneck", "16"),
    *("--model.inter.features", "16", "--model.inter.upscale", "8"),
    *("--model.decoder.features", "8", "--model.mask.features", "4", "--train.batch-size", "4"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server with an empty bucket, `bucket`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _put(f"{address}/bucket", b"")
            yield address
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def environment(server) -> dict[str, str]:
    """What tells jaxswap where the server is, and who asks."""
    return os.environ | {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture(scope="module")
def jaxswap(environment) -> Callable[..., str]:
    """What a command prints; it must end well."""

    def call(*argv: str) -> str:
        command = [sys.executable, "-m", "jaxswap", *argv]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture(scope="module")
def dataset(jaxswap, server, demo_clips) -> str:
    """A dataset that was extracted and built from clips in the bucket."""
    for name in ("a", "b"):
        _put(f"{server}/bucket/{name}.mp4", demo_clips[f"{name}_train"].read_bytes())
        out = f"s3://bucket/faces/{name}"
        jaxswap("extract", f"s3://bucket/{name}.mp4", "--out", out, "--every", "12")
    facesets = [f"{name}=s3://bucket/faces/{name}" for name in ("a", "b")]
    jaxswap("build", *facesets, "--out", "s3://bucket/data", "--data.chip-size", "32")
    return "s3://bucket/data"


def _put(url: str, content: bytes) -> None:
    # Without a type urllib says that it is a form, which the server reads as one, and then again.
    request = urllib.request.Request(
        url, data=content, method="PUT", headers={"Content-Type": "application/octet-stream"}
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(request).close()
            return
        except OSError:  # the server is not there yet
            time.sleep(0.1)
    raise TimeoutError(url)


def _train(dataset: str, run: str | Path, *, steps: int) -> list[str]:
    who = [f"--identity={name}={dataset}" for name in ("a", "b")]
    return ["train", *who, "--run", str(run), "--steps", str(steps), *MODEL]


def _fingerprint(jaxswap: Callable[..., str], run: str | Path) -> tuple[int, str]:
    found = json.loads(jaxswap("info", str(run), "--json"))
    return found["step"], found["parameters_sha256"]


def test_the_main_job_from_bucket_to_bucket(jaxswap, dataset, server, demo_clips, tmp_path):
    run = "s3://bucket/runs/whole"
    jaxswap(*_train(dataset, run, steps=10))
    jaxswap(*_train(dataset, run, steps=20))
    jaxswap(*_train(dataset, tmp_path / "run", steps=20))
    assert _fingerprint(jaxswap, run) == _fingerprint(jaxswap, tmp_path / "run")

    _put(f"{server}/bucket/clip.mp4", demo_clips["a_test"].read_bytes())
    swap = ("--run", run, "--from", "a", "--to", "b")
    jaxswap("convert", "s3://bucket/clip.mp4", *swap, "--out", "s3://bucket/out.mp4")
    assert json.loads(jaxswap("info", "s3://bucket/out.mp4", "--json"))["synthetic"]
    jaxswap("evaluate", "--run", run, "--out", "s3://bucket/report")
    store = fsspec.filesystem("s3", endpoint_url=server, key="someone", secret="something")
    assert json.loads(store.cat_file("bucket/report/report.json"))


def test_a_killed_training_goes_on_from_the_bucket(jaxswap, dataset, server, environment):
    """The machine and its disk are gone; only what is in the bucket is left."""
    run = "s3://bucket/runs/killed"
    command = _train(dataset, run, steps=100_000)
    command += ["--train.save-every", "2000", "--train.keep", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "jaxswap", *command], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(600):
            time.sleep(0.2)
            with urllib.request.urlopen(f"{server}/bucket?prefix=runs/killed/") as page:
                if re.search(rb"checkpoints/\d+/sha256.json", page.read()):
                    break
        process.send_signal(signal.SIGKILL)
    reached, _ = _fingerprint(jaxswap, run)
    jaxswap(*_train(dataset, run, steps=reached + 20))
    assert _fingerprint(jaxswap, run)[0] == reached + 20
