"""Output files: what a name may end in, where it may lead, and how it is written."""

import argparse
import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.errors import InvalidSettings
from esam_core.files import check_folder, writing

if TYPE_CHECKING:
    import numpy as np

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds.

    Args:
        what: Its name and format, as the subject of a sentence.
        suffixes: What its name may end in; one without a suffix is always allowed.
        others: Whether it may also end in anything that names no picture.
    """

    what: str
    suffixes: tuple[str, ...]
    others: bool = False

    def allows(self, suffix: str) -> bool:
        """Return whether a file of this kind may be called so; the case does not count."""
        suffix = suffix.lower()
        pictures = (*FORMATS, ".svg", ".gif", ".bmp", ".tif", ".tiff", ".pdf")
        return not suffix or suffix in self.suffixes or (self.others and suffix not in pictures)


LOSSLESS = Kind("a mask, label map, cut-out or saliency map is data and written as PNG", (".png",))
PICTURE = Kind("a picture to look at is written as PNG, JPEG or WebP", tuple(FORMATS))
DRAWING = Kind("paths are written as SVG", (".svg",))
JSON = Kind("this file is written as JSON", (".json",), others=True)
XML = Kind("annotations for CVAT are written as XML", (".xml",))
ARCHIVE = Kind("a YOLO data set is written as a ZIP archive", (".zip",))
# Options of several commands; "out" is each command's own.
KINDS = {
    "cutout": LOSSLESS,
    "labels": LOSSLESS,
    "coco": JSON,
    "coco_polygons": JSON,
    "results": JSON,
    "svg": DRAWING,
    "yolo": ARCHIVE,
    "labelme": JSON,
    "label_studio": JSON,
    "cvat": XML,
    "map": LOSSLESS,
    "overlay": PICTURE,
    "json": JSON,
}
INPUTS = {"photo": "PHOTO", "files": "FILE"}  # those that are no options
INPUTS |= {name: f"--{name}" for name in ("boxes", "names", "weights", "mask")}


def check_outputs(
    args: argparse.Namespace,
    out: Kind | Mapping[str, Path],
    *,
    label_maps: tuple[str, ...] = ("labels",),
) -> None:
    """Check the names of all output files before anything is computed.

    Args:
        args: The arguments; what is an output is known by its name, see ``KINDS``.
        out: What ``--out`` is, or what is written into the folder that it names.
        label_maps: Those outputs that also get a coloured twin.

    Raises:
        InvalidSettings: A suffix that means another format, or two outputs or an output and an
            input of the same name.
        EsamError: A place where no file can be.
    """
    made = None if isinstance(out, Kind) else args.out
    if made is not None:
        check_folder(made)
    kinds = KINDS | ({"out": out} if isinstance(out, Kind) else {})
    named = {name: Path(value) for name in kinds if (value := _output(args, name)) is not None}
    for name, path in named.items():
        _check(_option(name), path, kinds[name], made)
    places = _inputs(args)
    places += [(_option(name), path) for name, path in named.items()]
    places += [(f"the colours of {_option(n)}", twin(named[n])) for n in label_maps if n in named]
    places += [(f"--out ({n})", path) for n, path in ([] if isinstance(out, Kind) else out.items())]
    _check_distinct(places)


def twin(label_map: Path) -> Path:
    """Return where a label map's coloured twin is written: STEM_colour.png beside it."""
    return label_map.with_name(f"{label_map.stem}_colour.png")


def write_file(path: Path, content: bytes) -> None:
    """Write an output file.

    Raises:
        EsamError: The file cannot be written.
    """
    with writing(path):
        path.write_bytes(content)


def write_json(path: Path, record: Any) -> None:
    """Write JSON values as a file; raises like ``write_file``."""
    write_file(path, json.dumps(record).encode())


def write_picture(path: Path, picture: "np.ndarray") -> None:
    """Write a picture (h, w) or (h, w, 3) uint8 in the format that its name means, or as PNG.

    Raises:
        EsamError: The file cannot be written, or the format has no room for so many pixels.
    """
    import io

    from PIL import Image

    stream = io.BytesIO()
    style = FORMATS.get(path.suffix.lower(), "PNG")
    options = {} if style == "PNG" else {"quality": 92}
    try:
        Image.fromarray(picture).save(stream, style, **options)
    except (ValueError, OSError) as error:
        raise InvalidSettings(
            f"{path} cannot be written as {style}: {error}. Name it .png."
        ) from error
    write_file(path, stream.getvalue())


def write_label_map(path: Path, masks: Any) -> Path:
    """Write masks (n, h, w) as a grey label map and its coloured twin; return the twin's path."""
    from esam_core.export import export_label_colours_png, export_label_map_png

    write_file(path, export_label_map_png(masks))
    write_file(twin(path), export_label_colours_png(masks))
    return twin(path)


def _output(args: argparse.Namespace, name: str) -> Any:
    value = getattr(args, name, None)
    return None if name == "json" and value == "-" else value


def _inputs(args: argparse.Namespace) -> list[tuple[str, Path]]:
    """Return the files that are read: where each is named, and its path."""
    found = []
    for name, shown in INPUTS.items():
        value = getattr(args, name, None)
        values = value if isinstance(value, list) else [value]
        found += [(shown, Path(path)) for path in values if isinstance(path, str | Path)]
    return found


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check(option: str, path: Path, kind: Kind, made: Path | None) -> None:
    if not kind.allows(path.suffix):
        raise InvalidSettings(
            f"{option} {path}: {kind.what}; give it a name that ends in "
            f"{' or '.join(kind.suffixes)}."
        )
    with writing(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if path.parent == made:
            return
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, f"{path.parent} may not be written to")


def _check_distinct(places: list[tuple[str, Path]]) -> None:
    seen: dict[Path, str] = {}
    for option, path in places:
        other = seen.setdefault(path.resolve(), option)
        if other != option:
            raise InvalidSettings(
                f"{other} and {option} name the same file, {path}; give each its own."
            )
