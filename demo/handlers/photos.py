"""Photos: the strip of examples, uploads, and their embedding.

The examples are COCO photos under CC licences, see assets/photos/ATTRIBUTION.md.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.errors import Reply, answering
from demo.handlers.models import model_info
from demo.handlers.pictures import photo_url, stage_size, thumbnail_url
from demo.handlers.requests import text_of, values_of
from demo.handlers.views import photo_of
from demo.texts import errors as texts
from esam_core.errors import InvalidImage, InvalidPrompt
from esam_core.images import asset, load_rgb

MAX_NAME = 255  # as file systems allow
JOINERS = "\u200c\u200d"  # invisible, they make one letter or emoji of several


@dataclass(frozen=True, slots=True)
class Example:
    """A photo of the strip: its file and its alt text."""

    file: str
    alt: str

    @property
    def path(self) -> Path:
        """Path of the photo."""
        return asset("photos", self.file)


EXAMPLES = (
    Example("000000377575.jpg", "A dog dressed in brown beside a fire hydrant"),
    Example("000000000285.jpg", "A brown bear looking into the camera"),
    Example("000000555705.jpg", "Two orange cats lying on a pair of shoes"),
    Example("000000229997.jpg", "A black bear among vultures"),
    Example("000000006012.jpg", "Bananas around a mango"),
    Example("000000160012.jpg", "A pizza with tomatoes on a table"),
    Example("000000475678.jpg", "Rows of suitcases, one of them orange"),
    Example("000000565778.jpg", "A blue train coming out of a tunnel"),
    Example("000000568290.jpg", "A red bus in a street"),
    Example("000000126107.jpg", "A gull flying over a beach"),
    Example("000000214753.jpg", "Two people riding horses along the sea"),
    Example("000000551780.jpg", "A clock on a wall of letters"),
    Example("000000519208.jpg", "A man leaning on an elephant"),
    Example("000000002149.jpg", "Green apples in a bowl"),
    Example("000000000785.jpg", "A woman on skis in a red jacket"),
)

# What a first visit shows: an example and a click on it, whose mask is the whole bear.
WELCOME = {"id": "000000000285.jpg", "point": [300, 330]}


def strip() -> list[dict[str, str]]:
    """Return what the page shows: id, alt text and a small picture of every example."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_shown, [row for row in EXAMPLES if row.path.is_file()]))


def _shown(row: Example) -> dict[str, str]:
    thumb = thumbnail_url(load_rgb(row.path, max_side=400))
    return {"id": row.file, "alt": row.alt, "thumb": thumb}


@answering
def upload(engine: Engine, payload: Any, name: str = "") -> Reply:
    """Open an uploaded photo.

    Args:
        engine: The engine.
        payload: The content of a file, or its path.
        name: The name that the visitor's file has; it is shown, and never used as a path.
    """
    if payload is None:
        raise InvalidPrompt(texts.NO_FILE)
    return described(engine.open_photo(payload, file_name(name)))


def file_name(name: str) -> str:
    """Return the last part of a name that a browser sent, without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable() or each in JOINERS)[:MAX_NAME]


@answering
def example(engine: Engine, payload: Any) -> Reply:
    """Open a photo of the strip by its ``id``; other files are refused."""
    name = values_of(payload).get("id")
    for row in EXAMPLES:
        if row.file == name:
            return described(engine.open_photo(row.path))
    raise InvalidImage(texts.NO_SUCH_EXAMPLE.format(name=str(name)[:80]))


@answering
def embed(engine: Engine, payload: Any) -> Reply:
    """Encode the photo with a model, so that the first click is fast."""
    photo = photo_of(engine, payload)
    segmenter, _, embed_ms = engine.embed(photo, text_of(values_of(payload).get("model")))
    return {"model_info": model_info(segmenter), "times": {"embed_ms": embed_ms}}


def described(photo: Photo) -> Reply:
    """Return what the page shows of a photo."""
    height, width = photo.image.shape[:2]
    return {
        "token": photo.token,
        "url": photo_url(photo.image),
        "width": width,
        "height": height,
        "stage_wh": list(stage_size((height, width))),
        "name": photo.name,
        "note": " ".join(photo.notes),
    }
