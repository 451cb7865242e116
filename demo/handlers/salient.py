"""What stands out in a photo, for the page: plain values in and out, no gradio."""

from typing import Any

from demo import texts
from demo.engine.engine import Engine
from demo.handlers.pictures import heat_url, mask_url
from demo.handlers.views import Sight, look
from esam_core.saliency.maps import SaliencyMap, load_saliency
from esam_core.saliency.masks import SalientMasks, SalientSettings, salient_masks

Json = dict[str, Any]
MODEL = "u2netp"


def find(engine: Engine, value: object, settings: SalientSettings) -> tuple[Sight, SalientMasks]:
    """Segment what stands out in the photo on the canvas; its map is computed once.

    Raises:
        EsamError: No photo, or a model that cannot be loaded.
    """
    sight = look(engine, value)
    saliency = saliency_of(engine, sight)
    answer = engine.work(
        lambda: salient_masks(
            sight.segmenter,
            sight.image,
            embedding=sight.embedding,
            saliency=saliency,
            settings=settings,
        ),
        "photo",
    )
    return sight, answer


def layers(sight: Sight, answer: SalientMasks, *, with_map: bool = True) -> Json:
    """Return the layers of the canvas: the map as heat, the points or boxes, the masks."""
    shared = {"token": sight.photo.token, "mode": "salient"}
    heat = {"kind": "heat", "png": heat_url(answer.saliency.data), **shared} if with_map else None
    # The canvas draws a point in the middle of its pixel, so it takes the pixel's corner.
    points = [
        [x * sight.scale - 0.5, y * sight.scale - 0.5, 1]
        for prompt in answer.prompts
        for x, y in prompt.point_coords
    ]
    boxes = [[side * sight.scale for side in p.box_xyxy] for p in answer.prompts if p.box_xyxy]
    masks = [{"png": mask_url(mask)} for mask in answer.masks.data]
    return {
        "salient-map": heat,
        "salient-points": {"kind": "markers", "points": points, "boxes": boxes, **shared},
        # Over the map only outlines: the map is what is to be seen.
        "salient-masks": {"kind": "masks", "masks": masks, "outline": with_map, **shared},
    }


def kept_layers(sight: Sight, answer: SalientMasks, nonce: str) -> Json:
    """Return the layers that turn the masks into objects."""
    masks = [{"png": mask_url(mask), "name": ""} for mask in answer.masks.data]
    kept = {"kind": "objects", "token": sight.photo.token, "masks": masks, "nonce": nonce}
    return {"salient-map": None, "salient-points": None, "salient-masks": None, "kept": kept}


def sentence(answer: SalientMasks) -> str:
    """Say what stands out."""
    count = len(answer.masks)
    if not count:
        return texts.SALIENT_NOTHING
    things = texts.SALIENT_ONE if count == 1 else texts.SALIENT_MANY.format(count=count)
    return texts.SALIENT_SAID.format(things=things, origin=answer.saliency.provenance)


def saliency_of(engine: Engine, sight: Sight) -> SaliencyMap:
    """Return the saliency map of a photo, which is computed once for all modes."""

    def make() -> SaliencyMap:
        model = engine.tools.get(MODEL, load_saliency)
        return engine.work(lambda: model.estimate(sight.image), "photo")

    return engine.memo.get(("saliency", sight.photo.digest), make)
