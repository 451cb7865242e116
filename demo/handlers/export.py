"""Export of the page's objects to files."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.errors import Reply, answering
from demo.handlers.export_objects import ExportedObject, given_name, read_objects
from demo.handlers.file_names import UNNAMED, file_name, numbered_name
from demo.handlers.pictures import data_url
from demo.handlers.requests import text_of, values_of
from demo.handlers.views import photo_of
from demo.texts import errors
from demo.texts import export as texts
from esam_core import export as files
from esam_core.datasets.identities import id_of_name
from esam_core.errors import InvalidPrompt
from esam_core.export.archive import add_file
from esam_core.masks import Masks

MAX_OBJECTS = 64
STACK_BYTES = 1_500_000_000  # limit for masks in memory at one time
UNNAMED_CLASS = "object"
Make = Callable[[Photo, Iterator[ExportedObject]], tuple[bytes, list[str]]]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A file format.

    Args:
        suffix: File name extension.
        media: Media type.
        make: Turns the photo and its objects into the file's bytes and sentences about them.
        stacked: Whether all masks must be in memory together.
    """

    suffix: str
    media: str
    make: Make
    stacked: bool = False


@answering
def export(engine: Engine, payload: Any) -> Reply:
    """Export objects to a file, in the full size of the photo.

    Args:
        engine: The engine.
        payload: ``token``, ``kind`` and ``objects``, see ``read_objects``.

    Returns:
        ``file``, a data URL, and its ``name``; ``message``, what there is to say about the masks.
    """
    photo, values = photo_of(engine, payload), values_of(payload)
    kind, objects = text_of(values.get("kind")), values.get("objects")
    if kind not in KINDS:
        raise InvalidPrompt(errors.EXPORT_KIND.format(kind=kind, kinds=list(KINDS)))
    if not isinstance(objects, list) or not 1 <= len(objects) <= MAX_OBJECTS:
        raise InvalidPrompt(errors.EXPORT_NOTHING)
    file, (height, width) = KINDS[kind], photo.image.shape[:2]
    most = max(1, STACK_BYTES // (height * width))
    if file.stacked and len(objects) > most:
        raise InvalidPrompt(texts.TOO_MUCH.format(count=len(objects), most=most))
    content, notes = file.make(photo, read_objects(engine, photo, objects))
    single = given_name(objects[0]) if len(objects) == 1 else ""
    return {
        "file": data_url(content, file.media),
        "name": file_name(photo.name, single, kind, file.suffix),
        "message": " ".join(notes),
    }


def _union(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[np.ndarray, list[str]]:
    union, notes = np.zeros(photo.image.shape[:2], bool), []
    for number, item in enumerate(objects, 1):
        union |= item.mask
        notes += _note(number, item)
    return union, notes


def _mask(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
    union, notes = _union(photo, objects)
    return files.export_mask_png(union), notes


def _cutout(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
    union, notes = _union(photo, objects)
    return files.export_cutout_png(photo.image, union), notes


def _cropped(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
    union, notes = _union(photo, objects)
    return files.export_cutout_png(photo.image, union, crop=True), notes


def _drawn(make: Callable[[Masks, Sequence[str]], bytes]) -> Make:
    """Return what makes a file of all masks and their titles."""

    def made(_: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
        items = list(objects)
        notes = [note for i, item in enumerate(items, 1) for note in _note(i, item)]
        titles = [item.name or f"object {i}" for i, item in enumerate(items, 1)]
        return make(Masks.from_data(np.stack([item.mask for item in items])), titles), notes

    return made


def _coco(style: str) -> Make:
    """Return what makes a COCO data set, one mask at a time."""

    def made(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
        records, notes, models = [], [], []
        classes: dict[str, int] = {}
        for number, item in enumerate(objects, 1):
            name = item.name or UNNAMED_CLASS
            category = classes.setdefault(name, len(classes) + 1)
            records.append(_record(photo, item, style, name, category))
            records[-1]["annotations"][0]["id"] = number
            notes += _note(number, item)
            models.append(item.model)
        rows = {key: [row for one in records for row in one[key]] for key in _LISTS}
        rows["categories"] = list({row["id"]: row for row in rows["categories"]}.values())
        info = {
            "description": texts.ABOUT.format(photo=photo.name or UNNAMED),
            **_joined(models),
            "notes": [*photo.notes, *notes],
        }
        return json.dumps({**records[0], **rows, "info": info}).encode(), notes

    return made


def _labelled(make: Callable[..., bytes]) -> Make:
    """Return what makes a file for a labelling program, of masks, names and scores."""

    def made(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
        items = list(objects)
        notes = [note for i, item in enumerate(items, 1) for note in _note(i, item)]
        masks = Masks.from_data(
            np.stack([item.mask for item in items]),
            np.array([item.predicted_iou for item in items]),
            np.array([item.stability_score for item in items]),
        )
        facts = {"file_name": photo.name or UNNAMED, "names": [item.name for item in items]}
        return make(masks, scores=[item.score for item in items], **facts), notes

    return made


def _yolo(masks: Masks, *, scores: object, **facts: Any) -> bytes:
    texts_of = files.export_yolo(masks, **facts)  # the format has no scores
    return files.zip_files({path: text.encode() for path, text in texts_of.items()})


def _json(record: Any) -> bytes:
    return json.dumps(record).encode()


def _everything(photo: Photo, objects: Iterable[ExportedObject]) -> tuple[bytes, list[str]]:
    """Return an archive: cut-outs and masks, a file per object, and COCO JSON of all."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:

        def packed() -> Iterator[ExportedObject]:  # one mask at a time is in memory
            for number, item in enumerate(objects, 1):
                name = f"{numbered_name(number, item.name or UNNAMED_CLASS)}.png"
                cutout = files.export_cutout_png(photo.image, item.mask, crop=True)
                add_file(archive, f"cutouts/{name}", cutout)
                add_file(archive, f"masks/{name}", files.export_mask_png(item.mask))
                yield item

        content, notes = _coco("rle")(photo, packed())
        add_file(archive, "coco.json", content)
    return stream.getvalue(), notes


_LISTS = ("annotations", "categories")


def _record(
    photo: Photo, item: ExportedObject, style: str, name: str, category: int
) -> dict[str, Any]:
    masks = Masks.from_data(
        item.mask[None], np.array([item.predicted_iou]), np.array([item.stability_score])
    )
    return files.export_coco(
        masks,
        style=style,
        file_name=photo.name or UNNAMED,  # readers stop at an image without a name
        image_id=id_of_name(photo.name),
        names=[name],
        category_ids=[category],
        scores=[item.score],
    )


def _joined(models: Sequence[Any]) -> dict[str, str]:
    """Return what is known of the models, each value once."""
    keys = dict.fromkeys(key for model in models for key in model)
    return {
        key: ", ".join(dict.fromkeys(model[key] for model in models if key in model))
        for key in keys
    }


def _note(number: int, item: ExportedObject) -> list[str]:
    if item.came_as is None:
        return []
    (from_w, from_h), (height, width) = item.came_as, item.mask.shape
    smaller = from_w <= width and from_h <= height
    return [
        texts.CAME_AS.format(
            number=number,
            from_w=from_w,
            from_h=from_h,
            to_w=width,
            to_h=height,
            change=texts.ENLARGED if smaller else texts.RESIZED,
        )
    ]


KINDS = {
    "copy": FileKind("png", "image/png", _cropped),
    "mask": FileKind("png", "image/png", _mask),
    "cutout": FileKind("png", "image/png", _cutout),
    "labels": FileKind(
        "png",
        "image/png",
        _drawn(lambda masks, _: files.export_label_map_png(masks)),
        stacked=True,
    ),
    "colours": FileKind(
        "png",
        "image/png",
        _drawn(lambda masks, _: files.export_label_colours_png(masks)),
        stacked=True,
    ),
    "svg": FileKind(
        "svg",
        "image/svg+xml",
        _drawn(lambda masks, titles: files.export_svg(masks, names=titles).encode()),
        stacked=True,
    ),
    "coco": FileKind("json", "application/json", _coco("rle")),
    "polygons": FileKind("json", "application/json", _coco("polygons")),
    "yolo": FileKind("zip", "application/zip", _labelled(_yolo), stacked=True),
    "labelme": FileKind(
        "json",
        "application/json",
        _labelled(lambda masks, **facts: _json(files.export_labelme(masks, **facts))),
        stacked=True,
    ),
    "label-studio": FileKind(
        "json",
        "application/json",
        _labelled(lambda masks, **facts: _json(files.export_label_studio(masks, **facts))),
        stacked=True,
    ),
    "cvat": FileKind(
        "xml",
        "application/xml",
        _labelled(lambda masks, **facts: files.export_cvat(masks, **facts).encode()),
        stacked=True,
    ),
    "everything": FileKind("zip", "application/zip", _everything),
}
