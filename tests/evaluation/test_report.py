"""The report of a real evaluation, read back as a machine and as a browser would."""

import csv
import dataclasses
import html.parser
import json
import re

import numpy as np
import pytest

from jaxswap import config, errors, images
from jaxswap.evaluation import chips, clip, identity, report

VOID = {"meta", "img", "source", "link", "br", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Elements of a page, and whether they are well nested."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def run(make_run):
    made = make_run(mask_head=True)
    lines = [
        {"step": s, "loss": 1 / s, "loss/0": 1 / s, "loss/1": 2 / s} for s in range(20, 400, 20)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (made.path / "metrics.jsonl").write_text(text + '{"step": 400, "lo', encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def on_chips(run, validation):
    return chips.evaluate_chips(run, validation)


@pytest.fixture(scope="module")
def on_clip(before):
    found = clip.evaluate_clip(
        before, before, from_identity="a", to_identity="b", faces=config.FacesConfig()
    )
    near, far = (identity.Distances(pairs=d, center=d - 0.1) for d in (0.4375, 0.875))
    identities = clip.clip_results.IdentityFigures(
        described=14,
        before={"a": near, "b": far},
        after={"a": far, "b": near},
        scatter={"a": 0.25, "b": None},
        apart=0.9,
    )
    return dataclasses.replace(found, identities=identities)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, run, on_chips, on_clip):
    out = tmp_path_factory.mktemp("report") / "with space" / "report"
    assert report.write(out, run=run, on_chips=on_chips, on_clip=on_clip) == out / "report.html"
    return out


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_json_holds_every_figure(folder, run, on_chips, on_clip):
    values = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert values["run"]["step"] == 7
    assert values["run"]["parameters_sha256"] == run.fingerprint()
    assert values["figures"]["clip/landmark_error"] == 0.0
    assert values["figures"]["clip/identity_distance/b"] == 0.4375
    face = on_chips.reconstructions["b"].face
    assert values["figures"]["reconstruction/b/face/psnr"] == face.psnr
    assert values["chips"]["b"]["face"] == dataclasses.asdict(face)
    assert values["clip"]["frames"] == on_clip.frames
    assert values["clip"]["expression"]["raw"]["mouth"] == 0.0
    assert values["clip"]["identities"]["scatter"] == {"a": 0.25, "b": None}


def test_tables_hold_the_same_figures(folder):
    values = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    with (folder / "report.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["key"]: float(row["value"]) for row in rows} == values["figures"]
    assert {row["better"] for row in rows} == {"higher", "lower"}


def test_frames_are_listed(folder, on_clip):
    with (folder / "frames.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["frame"]) for row in rows] == [row.frame for row in on_clip.rows]
    assert {row["mask_overlap"] for row in rows} == {"1.0"}


def test_page_is_self_contained(page):
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    sources = [image["src"] for image in page.all("img")]
    sources += [source["srcset"] for source in page.all("source")]
    assert all(source.startswith("data:image/") for source in sources)
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_pictures_have_a_text_and_decode(page):
    import base64

    pictures = page.all("img")
    # Frames and faces of the clip; two strips, a mask and a swap of each identity; two plots.
    assert len(pictures) == 2 * report.NUM_WHOLE + 2 * clip.NUM_PICTURES + 2 * 4 + 2
    for picture in pictures:
        assert len(picture["alt"]) > 10
        picture_u8 = images.decode_u8(base64.b64decode(picture["src"].split(",")[1]))
        assert min(picture_u8.shape[:2]) >= 16


def test_whole_frames_are_spread_over_the_clip(page, on_clip):
    texts = [picture["alt"] for picture in page.all("img")]
    shown = [int(re.findall(r"\d+", text)[0]) for text in texts if "after the swap: the" in text]
    frames = [picture.frame for picture in on_clip.pictures]
    assert shown == [frames[0], frames[2], frames[-1]]


def test_page_says_what_it_shows(page):
    assert "Synthetic pictures." in page.text
    assert "Identity distance to b" in page.text
    assert "0.44 (before 0.88)" in page.text
    assert "0.0% (0 of 14)" in page.text


def test_pictures_are_those_that_were_measured(on_chips):
    pictures_u8 = on_chips.pictures["a"].inputs_u8
    strip_u8 = report._strip(pictures_u8)
    size = pictures_u8.shape[1]
    np.testing.assert_array_equal(strip_u8[:, size : 2 * size], pictures_u8[1])
    masks_u8 = report._strip(on_chips.pictures["a"].masks_u8)
    np.testing.assert_array_equal(masks_u8[..., 2], masks_u8[..., 0])


def test_the_same_results_make_the_same_page(folder, tmp_path, run, on_chips, on_clip):
    report.write(tmp_path, run=run, on_chips=on_chips, on_clip=on_clip)
    for name in ("report.html", "report.json", "report.csv", "frames.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_report_of_chips_alone(tmp_path, run, on_chips, on_clip):
    report.write(tmp_path, run=run, on_chips=on_chips, on_clip=on_clip)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    report.write(tmp_path, run=run, on_chips=on_chips)
    assert not (tmp_path / "frames.csv").exists()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["clip"] is None
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Frames swapped" not in page.text.split("How this was measured")[0]


def test_a_clip_without_faces(tmp_path, run, on_clip):
    nothing = dataclasses.replace(
        on_clip,
        faces=0,
        faces_after=0,
        expression=None,
        mask_overlap=None,
        identities=None,
        pictures=[],
        rows=[clip.clip_results.FrameFigures(frame=i, time_s=i / 25) for i in range(14)],
    )
    report.write(tmp_path, run=run, on_clip=nothing)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "No face was found in the footage" in page.text
    assert 'pip install "jaxswap[identity]"' in page.text


def test_names_are_escaped(tmp_path, run, on_clip):
    hostile = dataclasses.replace(
        on_clip, footage='"><script>alert(1)</script>.mp4', from_identity="<b>a", identities=None
    )
    report.write(tmp_path, run=run, on_clip=hostile)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.all("script") == page.all("b") == []
    assert "<b>a" in page.text


def test_numbers_that_are_none_become_null(tmp_path, run, on_chips):
    broken = dataclasses.replace(on_chips.reconstructions["a"].view, l1=float("nan"))
    found = dataclasses.replace(on_chips.reconstructions["a"], view=broken, face=None)
    results = dataclasses.replace(on_chips, reconstructions={"a": found})
    report.write(tmp_path, run=run, on_chips=results)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert not re.search(r"NaN|Infinity", text)
    assert json.loads(text)["chips"]["a"]["view"]["l1"] is None


def test_a_place_that_cannot_be_written(tmp_path, run, on_chips):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(errors.OutputError, match=r"cannot be written to .* --out"):
        report.write(tmp_path / "file", run=run, on_chips=on_chips)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"
