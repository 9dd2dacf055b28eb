"""`jaxswap.evaluate`: whose face is measured."""

import csv

import av
import numpy as np
import pytest

import jaxswap
from jaxswap import config, footage


def write(path, frames_u8):
    with av.open(str(path), "w") as container:
        height, width = frames_u8[0].shape[:2]
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame_u8 in frames_u8:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_u8, "rgb24")))
        container.mux(stream.encode(None))
    return path


def changed_frames(report_dir):
    with (report_dir / "frames.csv").open() as stream:
        return sum(float(row["swapped"] or 0) for row in csv.DictReader(stream))


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_main_person_is_measured_where_all_were_converted(couple, tmp_path, mirrored):
    frames_u8 = [f.image_u8 for f in footage.FrameReader(couple) if f.index >= 4][:4]
    changed_u8 = [frame_u8.copy() for frame_u8 in frames_u8]
    for frame_u8 in changed_u8:  # the larger of the two, on the left
        frame_u8[:, :320] = np.clip(frame_u8[:, :320] * 0.6, 0, 255)
    if mirrored:  # so that the larger one has the number 0 in one of both at most
        frames_u8, changed_u8 = (
            [np.ascontiguousarray(frame_u8[:, ::-1]) for frame_u8 in some]
            for some in (frames_u8, changed_u8)
        )
    before = write(tmp_path / "before.mp4", frames_u8)
    after = write(tmp_path / "after.mp4", changed_u8)
    for track in ("main", "all"):
        options = config.ConvertConfig(track=track)
        out = tmp_path / track
        jaxswap.evaluate({"changed": after}, out, footage=before, options=options)
        assert changed_frames(out) == 4
