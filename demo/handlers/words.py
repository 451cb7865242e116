"""Words that a visitor can look for with one click, for the photo on the stage."""

from functools import cache
from typing import Any

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.encoders import OFFLINE, text_encoder
from demo.handlers.errors import Reply, answering
from demo.handlers.photos import EXAMPLES
from demo.handlers.requests import token_of
from demo.handlers.views import photo_of
from demo.texts import text as texts
from esam_core.datasets.annotated import annotated_photos
from esam_core.errors import UnknownWord
from esam_core.images import asset, load_rgb
from esam_core.text import load_vocabulary

MOST = 6
LIKELY = 0.06  # mean probability over the photo
SIDE = 640  # pixels; the classifier sees no more


@answering
def known(engine: Engine, payload: Any) -> Reply:
    """Return ``words`` for a photo without computing.

    ``seen`` says whether they name what is in the photo; otherwise they are everyday words, and
    ``likely`` may find better ones.
    """
    if not token_of(payload):
        return {"words": [], "seen": True}
    words = _annotated(photo_of(engine, payload).name)
    return {"words": list(words or texts.EVERYDAY), "seen": bool(words)}


@answering
def likely(engine: Engine, payload: Any) -> Reply:
    """Return the ``words`` that the offline classifier finds likely in a photo, once per photo."""
    photo = photo_of(engine, payload)
    words = engine.cache.get_or_make(("words", photo.digest), lambda: _seen(engine, photo))
    return {"words": list(words or texts.EVERYDAY), "seen": bool(words)}


def _seen(engine: Engine, photo: Photo) -> tuple[str, ...]:
    encoder = text_encoder(engine, OFFLINE)
    image = load_rgb(photo.image, max_side=SIDE)
    cells = engine.work(lambda: encoder.see(image), "photo")
    assert cells is not None, "the offline classifier sees whole photos"
    shares = cells.reshape(len(cells), -1).mean(1)
    names = load_vocabulary().names
    return tuple(names[i] for i in (-shares).argsort()[:MOST] if shares[i] >= LIKELY)


@cache
def _annotated(file: str) -> tuple[str, ...]:
    """Return the names of an example's objects that can be looked for, the largest first."""
    if file not in {row.file for row in EXAMPLES}:
        return ()
    [photo] = [p for p in annotated_photos(asset("photos")) if p.path.name == file]
    largest = sorted(photo.objects, key=lambda each: -each.area)
    return tuple(filter(_understood, dict.fromkeys(each.name for each in largest)))[:MOST]


def _understood(word: str) -> bool:
    try:
        load_vocabulary().parse(word)
    except UnknownWord:
        return False
    return True
