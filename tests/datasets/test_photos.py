"""The files of COCO and Flickr8k, written here in small."""

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rnn_datasets import coco_captions, fetch_coco_captions, flickr8k, photos, read_photos

COCO: dict[str, Any] = {
    "info": {"description": "COCO 2014 Dataset", "year": 2014},
    "licenses": [
        {"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution License"}
    ],
    "images": [
        {"license": 4, "file_name": "COCO_val2014_000000000042.jpg", "height": 478, "width": 640, "id": 42},
        {"license": 4, "file_name": "COCO_val2014_000000000073.jpg", "height": 565, "width": 640, "id": 73},
        {"license": 4, "file_name": "COCO_val2014_000000000074.jpg", "height": 426, "width": 640, "id": 74},
    ],
    "annotations": [
        {"image_id": 73, "id": 641613, "caption": "An old motorcycle parked beside other motorcycles.\n"},
        {"image_id": 42, "id": 641624, "caption": "A small dog curled up on shoes."},
        {"image_id": 73, "id": 645495, "caption": "A motorcycle parked on a lawn "},
    ],
}
TOKENS = """\
1000268201_693b08cb0e.jpg#0\tA child in a pink dress is climbing stairs .
1000268201_693b08cb0e.jpg#1\tA girl going into a wooden building .
1001773457_577c3a7d70.jpg#1\tTwo dogs on pavement # 2 .
1001773457_577c3a7d70.jpg#0\tA black dog and a spotted dog are fighting
2258277193_586949ec62.jpg.1#0\tpeople waiting for the subway
"""


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    file = tmp_path / "captions_val2014.json"
    file.write_text(json.dumps(COCO))
    return file


@pytest.fixture
def flickr(tmp_path: Path) -> Path:
    (tmp_path / "Flickr8k.token.txt").write_text(TOKENS)
    (tmp_path / "Flickr_8k.trainImages.txt").write_text("1001773457_577c3a7d70.jpg\n")
    (tmp_path / "Flickr_8k.devImages.txt").write_text("1000268201_693b08cb0e.jpg\n")
    (tmp_path / "Flickr_8k.testImages.txt").write_text(
        "1001773457_577c3a7d70.jpg\n1000268201_693b08cb0e.jpg\n"
    )
    return tmp_path


def test_coco_gives_each_image_its_captions(coco: Path) -> None:
    found = coco_captions(coco)
    assert found.files == ("COCO_val2014_000000000042.jpg", "COCO_val2014_000000000073.jpg")  # 74 has none
    assert found.captions == (
        ("A small dog curled up on shoes.",),
        ("An old motorcycle parked beside other motorcycles.", "A motorcycle parked on a lawn"),
    )


def without(key: str, inside: str | None = None) -> dict[str, Any]:
    if inside is None:
        return {name: value for name, value in COCO.items() if name != key}
    return {**COCO, inside: [{name: value for name, value in COCO[inside][0].items() if name != key}]}


@pytest.mark.parametrize(
    "content",
    [
        without("annotations"),
        without("images"),
        without("caption", "annotations"),  # as in instances_val2014.json
        without("file_name", "images"),
        [1, 2],
        {"images": 3, "annotations": []},
    ],
)
def test_json_that_is_not_of_captions_is_refused(coco: Path, content: object) -> None:
    coco.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"captions_val2014.json is JSON, but not of COCO captions"):
        coco_captions(coco)


def test_a_damaged_coco_file_is_refused(coco: Path) -> None:
    whole = coco.read_text()
    coco.write_text(whole[:-30])
    with pytest.raises(ValueError, match=r"captions_val2014.json is damaged: it is no JSON"):
        coco_captions(coco)
    coco.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(ValueError, match=r"captions_val2014.json is damaged: it is no text"):
        coco_captions(coco)
    coco.write_text(whole.replace('"image_id": 42', '"image_id": 99'))
    with pytest.raises(ValueError, match="damaged: a caption is of image 99, which is not there"):
        coco_captions(coco)


def test_a_missing_file_is_named(tmp_path: Path, flickr: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere.json is missing"):
        coco_captions(tmp_path / "nowhere.json")
    (flickr / "Flickr_8k.devImages.txt").unlink()
    assert flickr8k(flickr, "train").files
    with pytest.raises(FileNotFoundError, match=r"Flickr_8k.devImages.txt is missing"):
        flickr8k(flickr, "valid")
    with pytest.raises(FileNotFoundError, match=r"Flickr8k.token.txt is missing"):
        flickr8k(tmp_path / "nowhere")


def test_flickr8k_gives_the_photographs_of_a_split_their_captions_in_order(flickr: Path) -> None:
    train, valid, test = (flickr8k(flickr, split) for split in ("train", "valid", "test"))
    assert train.files == ("1001773457_577c3a7d70.jpg",)
    assert train.captions == (("A black dog and a spotted dog are fighting", "Two dogs on pavement # 2 ."),)
    assert valid.captions[0][1] == "A girl going into a wooden building ."
    assert test.files == (*train.files, *valid.files)


def test_flickr8k_from_windows_reads_the_same(flickr: Path) -> None:
    before = flickr8k(flickr, "test")
    for file in flickr.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert flickr8k(flickr, "test") == before


def test_damaged_flickr8k_files_are_refused(flickr: Path) -> None:
    tokens = flickr / "Flickr8k.token.txt"
    tokens.write_text(TOKENS.replace("#1\tA girl", "#1 A girl"))
    with pytest.raises(ValueError, match=r"damaged: line 2 is '1000268201_693b08cb0e.jpg#1 A girl"):
        flickr8k(flickr)
    tokens.write_text(TOKENS.splitlines()[0])
    with pytest.raises(
        ValueError, match=r"no caption of 1001773457_577c3a7d70.jpg, which Flickr_8k.trainImages"
    ):
        flickr8k(flickr)
    with pytest.raises(ValueError, match="no split 'dev': choose one of 'train', 'valid', 'test'"):
        flickr8k(flickr, "dev")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """COCO's archive in small, on a server of our own."""
    archive = tmp_path / "published" / "annotations_trainval2014.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as content:
        for name in ("captions_train2014", "captions_val2014", "instances_val2014"):
            content.writestr(f"annotations/{name}.json", json.dumps({**COCO, "info": name}))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(archive.parent)))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    monkeypatch.setattr(photos, "COCO_URL", f"http://127.0.0.1:{server.server_port}/{archive.name}")
    monkeypatch.setattr(photos, "COCO_SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield archive
    server.shutdown()
    server.server_close()
    serving.join()


def test_what_is_fetched_once_is_there_the_next_time(published: Path) -> None:
    valid = fetch_coco_captions()
    assert coco_captions(valid).captions[0] == ("A small dog curled up on shoes.",)
    published.unlink()  # a second download would fail
    assert fetch_coco_captions() == valid
    assert json.loads(fetch_coco_captions("train").read_text())["info"] == "captions_train2014"


def test_what_is_not_what_was_published_is_refused_and_not_kept(published: Path, tmp_path: Path) -> None:
    published.write_bytes(published.read_bytes() + b"more")
    with pytest.raises(ValueError, match="does not match the known hash"):
        fetch_coco_captions()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_without_a_network_the_way_round_is_said(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published.unlink()
    with pytest.raises(ConnectionError, match="HTTPError"):
        fetch_coco_captions()
    monkeypatch.setattr(
        photos, "COCO_URL", "http://127.0.0.1:9/annotations_trainval2014.zip"
    )  # nobody is there
    with pytest.raises(
        ConnectionError,
        match=r"127.0.0.1:9/annotations_trainval2014.zip could not be fetched \(ConnectionError\): without a "
        r"network, .* give coco_captions the path of annotations/captions_val2014.json",
    ):
        fetch_coco_captions()
    with pytest.raises(ValueError, match="no split 'test': choose one of 'train', 'valid'"):
        fetch_coco_captions("test")


def test_photographs_are_cut_to_the_square_in_the_middle(tmp_path: Path) -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, :20], wide[:, 20:40], wide[:, 40:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(np.full((50, 40), 128, np.uint8)).save(tmp_path / "grey.jpg")
    pictures = read_photos(tmp_path, ["wide.png", "grey.jpg"], side=10)
    assert (pictures.shape, pictures.dtype) == ((2, 10, 10, 3), np.uint8)
    assert (pictures[0][:, 2:-2] == (0, 255, 0)).all()
    assert (pictures[0].argmax(axis=-1) == 1).all()
    assert np.abs(pictures[1].astype(int) - 128).max() <= 1


def test_photographs_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "half.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "half.jpg").read_bytes()[:700])
    (tmp_path / "text.jpg").write_text("not found")
    for name in ("half.jpg", "text.jpg"):
        with pytest.raises(ValueError, match=f"{name} is damaged"):
            read_photos(tmp_path, [name])
    with pytest.raises(FileNotFoundError, match=r"none.jpg is missing"):
        read_photos(tmp_path, ["none.jpg"])
    with pytest.raises(ValueError, match=r"files is 'half.jpg', but must be a list"):
        read_photos(tmp_path, "half.jpg")
    with pytest.raises(ValueError, match=r"files is \[\], but must be a list of at least one"):
        read_photos(tmp_path, [])
    with pytest.raises(ValueError, match="side is 0, but must be at least 1"):
        read_photos(tmp_path, ["half.jpg"], side=0)
