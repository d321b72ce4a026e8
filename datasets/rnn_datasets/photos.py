"""Photographs with captions, for those who have them: the files of COCO and of Flickr8k."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

COCO_URL = "http://images.cocodataset.org/annotations/annotations_trainval2014.zip"
COCO_SHA256 = "031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009"
_COCO_FILES = {"train": "annotations/captions_train2014.json", "valid": "annotations/captions_val2014.json"}

_FLICKR8K_CAPTIONS = "Flickr8k.token.txt"
_FLICKR8K_SPLITS = {
    "train": "Flickr_8k.trainImages.txt",
    "valid": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}


@dataclass(frozen=True)
class Photos:
    """N photographs, by name.

    Attributes:
        files: N names of files.
        captions: N times the captions of a photograph as people wrote them: `caption_words` cuts them into words.
    """

    files: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]


def coco_captions(file: str | os.PathLike[str]) -> Photos:
    """Read a file of COCO captions (Lin et al. 2014, Chen et al. 2015), such as `captions_val2014.json`.

    Args:
        file: JSON with "images", each an "id" and a "file_name", and "annotations", each an "image_id" and a
            "caption". `fetch_coco_captions` gets the published ones.

    Returns:
        The images in the order of the file, with at least one caption each; any without is left out.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or is not one of captions.
    """
    path = Path(file)
    try:
        content = json.loads(_text(path))
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        said = [(annotation["image_id"], str(annotation["caption"])) for annotation in content["annotations"]]
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged: it is no JSON ({error}); get it again") from error
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is JSON, but not of COCO captions: {error!r}; instances_*.json and person_keypoints_*.json "
            "have no captions, captions_*.json has"
        ) from error
    captions: dict[object, list[str]] = {}
    for number, caption in said:
        if number not in names:
            raise ValueError(
                f"{path} is damaged: a caption is of image {number}, which is not there; get it again"
            )
        captions.setdefault(number, []).append(caption.strip())
    described = [number for number in names if number in captions]
    return Photos(
        tuple(names[number] for number in described), tuple(tuple(captions[number]) for number in described)
    )


def fetch_coco_captions(split: str = "valid") -> Path:
    """Download COCO's captions of 2014, 241 MiB once for both splits, and check what came.

    Args:
        split: "train" (82,783 images) or "valid" (40,504 images).

    Returns:
        The file for `coco_captions`, in the user's cache folder. The photographs themselves are not fetched.

    Raises:
        ValueError: there is no such split, or what came is not what was published.
        ConnectionError: there is no network, or the server does not answer.
    """
    if split not in _COCO_FILES:
        raise ValueError(f"there is no split {split!r}: choose one of {', '.join(map(repr, _COCO_FILES))}")
    import pooch  # here, so that the package is imported fast

    try:
        files = pooch.retrieve(
            COCO_URL,
            f"sha256:{COCO_SHA256}",
            path=pooch.os_cache("unrolled"),
            processor=pooch.Unzip(members=list(_COCO_FILES.values())),
            progressbar=True,
        )
    except OSError as error:
        raise ConnectionError(
            f"{COCO_URL} could not be fetched ({type(error).__name__}): without a network, get it on another "
            f"machine, unzip it, and give coco_captions the path of {_COCO_FILES[split]}"
        ) from error
    return next(path for path in map(Path, files) if path.name == Path(_COCO_FILES[split]).name)


def flickr8k(folder: str | os.PathLike[str], split: str = "train") -> Photos:
    """Read the text files of Flickr8k (Hodosh, Young and Hockenmaier 2013).

    Args:
        folder: what was in `Flickr8k_text.zip`: `Flickr8k.token.txt` with lines such as
            "1000268201_693b08cb0e.jpg#0", a tab, and a caption; and a list of names for each split.
        split: "train", "valid" or "test"; the authors' own lists.

    Returns:
        The photographs in the order of the list, each with its captions in the order of their numbers.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: there is no such split, or a file is damaged.
    """
    if split not in _FLICKR8K_SPLITS:
        raise ValueError(
            f"there is no split {split!r}: choose one of {', '.join(map(repr, _FLICKR8K_SPLITS))}"
        )
    captions: dict[str, list[tuple[int, str]]] = {}
    for number, line in _lines(Path(folder, _FLICKR8K_CAPTIONS)):
        found = re.fullmatch(r"(.+)#(\d+)\t(.*)", line)
        if not found:
            raise ValueError(
                f"{Path(folder, _FLICKR8K_CAPTIONS)} is damaged: line {number} is {line[:60]!r}, but should be the "
                "name of a photograph, #, a number, a tab and a caption; get it again"
            )
        captions.setdefault(found[1], []).append((int(found[2]), found[3].strip()))
    files = tuple(line.strip() for _, line in _lines(Path(folder, _FLICKR8K_SPLITS[split])))
    for name in files:
        if name not in captions:
            raise ValueError(
                f"{_FLICKR8K_CAPTIONS} has no caption of {name}, which {_FLICKR8K_SPLITS[split]} lists: one of the two "
                "is damaged or of another data set; get both again"
            )
    return Photos(files, tuple(tuple(caption for _, caption in sorted(captions[name])) for name in files))


def read_photos(
    folder: str | os.PathLike[str], files: Sequence[str], side: int = 64
) -> npt.NDArray[np.uint8]:
    """Read photographs, cut each to the square in its middle, and make all of one size.

    Args:
        folder: where they are.
        files: N names.
        side: pixels.

    Returns:
        (N, side, side, 3) uint8, red, green and blue, whatever they were.

    Raises:
        FileNotFoundError: a photograph is missing.
        ValueError: one is damaged, there is none, or `side` is below 1.
    """
    if side < 1:
        raise ValueError(f"side is {side}, but must be at least 1")
    if isinstance(files, str) or not files:
        raise ValueError(f"files is {files!r}, but must be a list of at least one name")
    return np.stack([_photo(Path(folder, name), side) for name in files])


def _photo(path: Path, side: int) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageOps  # here, so that the package is imported fast

    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: files are the names of photographs in that folder")
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.fit(image.convert("RGB"), (side, side)))
    except OSError as error:
        raise ValueError(f"{path} is damaged: {error}; get it again") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines of a file that hold something, each with its number."""
    return ((number, line) for number, line in enumerate(_text(path).split("\n"), 1) if line.strip())


def _text(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: datasets/README.md says where it can be had")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: it is no text in UTF-8 ({error}); get it again") from error
