"""Bad input: one clear line with a remedy, exit code 1, and what existed stays whole."""

import contextlib
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

SWAP = ("--from", "a", "--to", "b")


@pytest.fixture
def noise(write_video, tmp_path) -> Path:
    """A video without a face."""
    rng = np.random.default_rng(0)
    frames_u8 = [rng.integers(90, 160, (96, 128, 3), dtype=np.uint8) for _ in range(4)]
    return write_video(tmp_path / "noise.mp4", frames_u8)


@pytest.fixture
def unreadable(tmp_path) -> dict[str, Path]:
    """Footage that cannot be read: nothing, no file, no bytes, no video, no pictures."""
    empty, text, folder = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "folder"
    empty.touch()
    text.write_text("This is no video.")
    folder.mkdir()
    return {"missing": tmp_path / "missing.mp4", "empty": empty, "text": text, "folder": folder}


@contextlib.contextmanager
def files_up_to(num_bytes: int) -> Iterator[None]:
    """Writing fails half-way, as on a full disk: no file of this process may grow beyond this.

    The cache of compiled programs would keep halves too, for the tests that come after.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    jax.config.update("jax_enable_compilation_cache", False)
    try:
        yield
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("what", ["missing", "empty", "text", "folder"])
def test_extract_of_what_cannot_be_read(fails, unreadable, tmp_path, what):
    out = tmp_path / "faces"
    assert unreadable[what].name in fails("extract", unreadable[what], "--out", out)
    assert not out.exists()


@pytest.mark.parametrize("what", ["missing", "empty", "text", "folder"])
def test_convert_of_what_cannot_be_read_keeps_the_last_result(
    fails, trained, unreadable, tmp_path, what
):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"the last result")
    line = fails("convert", unreadable[what], "--run", trained, *SWAP, "--out", out)
    assert unreadable[what].name in line
    assert out.read_bytes() == b"the last result"


@pytest.mark.parametrize("what", ["missing", "empty", "text", "folder"])
def test_info_of_what_cannot_be_read(fails, unreadable, what):
    assert unreadable[what].name in fails("info", unreadable[what])


def test_extract_without_a_face_leaves_nothing(fails, noise, tmp_path):
    line = fails("extract", noise, "--out", tmp_path / "faces")
    assert "No face" in line
    assert "--faces.min-score" in line  # the option that may help
    assert list(tmp_path.iterdir()) == [noise]


def test_extract_never_overwrites(fails, facesets, clip, tree):
    before = tree(facesets["a"])
    assert str(facesets["a"]) in fails("extract", clip, "--out", facesets["a"])
    assert tree(facesets["a"]) == before


def test_a_truncated_video_is_converted_as_far_as_it_decodes(run, trained, clip, capsys, tmp_path):
    cut, out = tmp_path / "cut.mp4", tmp_path / "out.mp4"
    whole = clip.read_bytes()
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    assert run("convert", cut, "--run", trained, *SWAP, "--out", out) == 0
    assert "Note: the last" in capsys.readouterr().out
    assert out.stat().st_size > 0


def test_a_broken_chip_is_named(fails, facesets, tree, tmp_path):
    broken = Path(shutil.copytree(facesets["a"], tmp_path / "broken"))
    chip = sorted((broken / "chips").iterdir())[1]
    chip.write_bytes(chip.read_bytes()[:100])
    before = tree(tmp_path)
    line = fails("build", f"a={broken}", "--out", tmp_path / "data")
    assert chip.name in line
    assert "delete" in line.lower()
    assert tree(tmp_path) == before


def test_a_folder_that_is_no_faceset_is_named(fails, facesets, tmp_path):
    who = ("--identity", f"a={facesets['a']}", "--identity", f"b={tmp_path}")
    assert str(tmp_path) in fails("train", *who, "--run", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_shard_that_fails_its_checksum_is_named(fails, run_copy, facesets, train_command, tree):
    shard = max((run_copy / "data").rglob("*.array_record*"), key=lambda path: path.stat().st_size)
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    before = tree(run_copy)
    line = fails(*train_command(facesets), "--run", run_copy, "--steps", "6")
    assert shard.name in line
    assert tree(run_copy) == before


def test_a_run_of_another_preset_is_refused(fails, run_copy, facesets, tree):
    before = tree(run_copy)
    who = [f"--identity={name}={path}" for name, path in facesets.items()]
    line = fails("train", *who, "--run", run_copy, "--preset", "original-2017")
    assert "another" in line or "--run" in line
    assert tree(run_copy) == before


def test_other_identities_than_the_runs_are_refused(fails, run_copy, facesets, train_command, tree):
    before = tree(run_copy)
    renamed = [argument.replace("=b=", "=c=") for argument in train_command(facesets)]
    assert "c" in fails(*renamed, "--run", run_copy)
    assert tree(run_copy) == before


def test_an_unknown_identity_is_refused(fails, trained, clip, tmp_path):
    line = fails(
        *("convert", clip, "--run", trained, "--from", "a", "--to", "eve"),
        *("--out", tmp_path / "out.mp4"),
    )
    assert "eve" in line
    assert "a, b" in line
    assert list(tmp_path.iterdir()) == []


def test_one_identity_is_a_usage_error(fails, facesets, tmp_path):
    line = fails("train", f"--identity=a={facesets['a']}", "--run", tmp_path / "run", code=2)
    assert "two or more" in line


@pytest.mark.parametrize("command", ["preview", "evaluate"])
def test_a_missing_run_is_named(fails, tmp_path, command):
    line = fails(command, "--run", tmp_path / "no-run", "--out", tmp_path / "out")
    assert "no-run" in line


def test_an_output_below_a_file_is_refused(fails, demo_clips, trained, clip, tmp_path):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out.mp4"
    assert "file" in fails("convert", clip, "--run", trained, *SWAP, "--out", out)
    assert "file" in fails("preview", "--run", trained, "--out", out.with_suffix(".png"))


def test_a_full_disk_stops_extract(fails, clip, tree, tmp_path):
    with files_up_to(2_000):
        line = fails("extract", clip, "--out", tmp_path / "faces")
    assert re.search("another (disk|place)|[Ff]ree some space", line)
    assert tree(tmp_path) == {}


def test_a_full_disk_stops_convert(fails, trained, clip, tree, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"the last result")
    before = tree(tmp_path)
    with files_up_to(2_000):
        line = fails("convert", clip, "--run", trained, *SWAP, "--out", out)
    assert re.search("another (disk|place)|[Ff]ree some space", line)
    assert tree(tmp_path) == before


def test_a_full_disk_stops_build(fails, facesets, tree, tmp_path):
    with files_up_to(2_000):
        line = fails("build", f"a={facesets['a']}", "--out", tmp_path / "data")
    assert re.search("another (disk|place)|[Ff]ree some space", line)
    assert tree(tmp_path) == {}


def test_a_full_disk_keeps_the_last_checkpoint(
    fails, run, run_copy, facesets, train_command, capsys
):
    with files_up_to(2_000):
        line = fails(*train_command(facesets), "--run", run_copy, "--steps", "8")
    assert re.search("another (disk|place)|[Ff]ree some space", line)
    assert run("info", run_copy) == 0
    assert "step               4" in capsys.readouterr().out


def test_a_disk_that_is_really_full(tmp_path):
    """ENOSPC from a small file system of our own, where the system lets us mount one."""
    mount = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    small = f'mount -t tmpfs -o size=64k none "{tmp_path}" && '
    possible = (
        shutil.which("unshare")
        and not subprocess.run(
            [*mount, small + "true"], capture_output=True, check=False
        ).returncode
    )
    if not possible:
        pytest.skip("the system lets us mount no file system of our own")
    program = f'"{sys.executable}" -m jaxswap demo --out "{tmp_path}/demo"'
    done = subprocess.run(
        [*mount, small + program], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert done.returncode == 1
    assert "jaxswap: The disk is full" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--codec", "ffv1"), 1, r"\.mp4 cannot hold ffv1\. Choose a name that ends in \.mkv"),
        (("--codec", "ffv1", "--crf", "3"), 2, "leave it out"),
        (("--crf", "60"), 2, r"--crf of h264 must be in 0\.\.51"),
        (("--start", "soon"), 2, "'soon' is no time: write seconds"),
        (("--start", "3", "--end", "1:00:00"), 1, r"ends after 2\.4 s, before --start 3"),
        (("--start", "2", "--end", "1"), 2, "--end 1 s must be after --start 2 s"),
        (("--frame-rate", "25"), 1, "no folder of images"),
        (("--frame-rate", "fast"), 2, "like 25 or 30000/1001, not fast"),
    ],
)
def test_what_a_video_cannot_be_is_said_before_any_work(
    fails, trained, clip, tree, tmp_path, words, code, message
):
    before = tree(tmp_path)
    out = tmp_path / "out.mp4"
    line = fails("convert", clip, "--run", trained, *SWAP, "--out", out, *words, code=code)
    assert re.search(message, line), line
    assert tree(tmp_path) == before
