"""COCO data sets of several photos as one, and the results format for evaluations."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from esam_core.errors import InvalidImage
from esam_core.export.coco import INFO
from esam_core.export.coco_read import Source, not_coco, read_record, size_of
from esam_core.export.ids import next_number
from esam_core.export.segmentations import segmentation_to_rle
from esam_core.values import json_key

Row = Mapping[str, Any]


def merge_coco(records: Iterable[Source]) -> tuple[dict[str, Any], list[str]]:
    """Merge COCO data sets into one.

    Ids are kept where they do not collide. An image is the same if id, file name and size are, a
    category if id and name are. Where another one has the id, the later one gets the id of its like
    if that is there already, or else the next free number.

    Args:
        records: The data sets, their JSON texts, or the paths of their files.

    Returns:
        The merged data set, and a sentence per image or category that got another id. Entries of
        ``info`` that differ are in its list ``parts``, one entry per data set.

    Raises:
        InvalidImage: Not a COCO data set with masks, or an annotation without its image.
    """
    parts = [read_record(source) for source in records]
    notes: list[str] = []
    try:
        tables = {
            "licenses": _Table(parts, "licenses", lambda row: json_key({**row, "id": 0})),
            "images": _Table(parts, "images", _photo),
            "annotations": _Table(parts, "annotations", lambda _: None),
            "categories": _Table(parts, "categories", lambda row: str(row["name"])),
        }
        for part in parts:
            _add(part, tables, notes)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise not_coco(error) from error
    return {"info": _info(parts)} | {kind: table.rows for kind, table in tables.items()}, notes


def coco_results(record: Source) -> list[dict[str, Any]]:
    """Return the annotations of a COCO data set in the results format, for ``COCO.loadRes``.

    Args:
        record: The data set, its JSON text, or the path of its file.

    Returns:
        Per annotation ``image_id``, ``category_id``, ``segmentation`` (always compressed RLE),
        ``score`` (1 if unknown: the format requires one) and, if known, ``predicted_iou`` and
        ``stability_score``. There is no ``bbox``: with one, readers would take a mask's area from
        its box.

    Raises:
        InvalidImage: Not a COCO data set with masks.
    """
    data = read_record(record)
    try:
        sizes = {json_key(image["id"]): size_of(image) for image in data["images"]}
        return [
            {
                "image_id": row["image_id"],
                "category_id": row["category_id"],
                "segmentation": segmentation_to_rle(
                    row["segmentation"], sizes[json_key(row["image_id"])]
                ),
                "score": row.get("score", row.get("predicted_iou", 1.0)),
            }
            | {key: row[key] for key in ("predicted_iou", "stability_score") if key in row}
            for row in data["annotations"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise not_coco(error) from error


class _Table:
    """Rows of one kind from several data sets, each with an id of its own.

    Args:
        parts: The data sets.
        kind: Their key, such as ``images``.
        identity: What makes two rows of one id the same; None if nothing does.
    """

    def __init__(self, parts: list[Row], kind: str, identity: Callable[[Row], str | None]) -> None:
        self._identity = identity
        self.rows: list[dict[str, Any]] = []
        # Above the numbers of all data sets, so that a new id never takes one that comes later.
        self._next = next_number([row["id"] for part in parts for row in part.get(kind, [])])
        self._by_id: dict[str, Row] = {}
        self._by_identity: dict[str, Row] = {}
        self._of_part: set[str] = set()

    def begin_part(self) -> None:
        """Start with the next data set: its own rows stay apart from each other."""
        self._of_part.clear()

    def add(self, row: Row, **changes: Any) -> tuple[Any, Row | None]:
        """Add a row; return its new id, and the row that has its own id if that is another."""
        identity, other = self._identity(row), self._by_id.get(json_key(row["id"]))
        if other is not None and identity and self._identity(other) == identity:
            new, other = row["id"], None
        elif other is not None and (like := self._like(identity)) is not None:
            new = like["id"]
        else:
            new = row["id"] if other is None else self._next
            self._next += other is not None
            self.rows.append({**row, **changes, "id": new})
            self._by_id[json_key(new)] = self.rows[-1]
            if identity:
                self._by_identity.setdefault(identity, self.rows[-1])
        self._of_part.add(json_key(new))
        return new, other

    def _like(self, identity: str | None) -> Row | None:
        """Return the row of an earlier data set that is the same but for its id."""
        like = self._by_identity.get(identity) if identity else None
        return None if like is None or json_key(like["id"]) in self._of_part else like


def _add(part: Row, tables: dict[str, _Table], notes: list[str]) -> None:
    """Add one data set to the tables, with its references following its ids."""
    for table in tables.values():
        table.begin_part()
    licences = {json_key(r["id"]): tables["licenses"].add(r)[0] for r in part.get("licenses", [])}
    images, categories = {}, {}
    for row in part["images"]:
        licence = licences.get(json_key(row.get("license")))
        changes = {} if licence is None else {"license": licence}
        new, other = tables["images"].add(row, **changes)
        images[json_key(row["id"])] = new
        if other is not None:
            notes.append(_note("image", row, new, row.get("file_name"), other.get("file_name")))
    for row in part["categories"]:
        new, other = tables["categories"].add(row)
        categories[json_key(row["id"])] = new
        if other is not None:
            notes.append(_note("category", row, new, row["name"], other["name"]))
    for row in part["annotations"]:
        image, category = json_key(row["image_id"]), json_key(row["category_id"])
        if image not in images:
            raise InvalidImage(f"annotation {row['id']!r} is of image {image}, which is missing.")
        tables["annotations"].add(
            row, image_id=images[image], category_id=categories.get(category, row["category_id"])
        )


def _photo(image: Row) -> str | None:
    """Return what tells a photo from others; without a name, it is like no other."""
    if not image.get("file_name"):
        return None
    return json_key([image["file_name"], *size_of(image)])


def _note(kind: str, row: Row, new: Any, name: str | None, other: str | None) -> str:
    return (
        f"{kind} {json_key(row['id'])} ({name or 'without a name'}) has the id {json_key(new)} "
        f"now: {json_key(row['id'])} is {other or 'another one'}."
    )


def _info(parts: list[Row]) -> dict[str, Any]:
    """Return the entries that all data sets share, and those of each in which they differ."""
    infos = [dict(part.get("info") or {}) for part in parts]
    shared = {
        key: value
        for key, value in (infos[0] if infos else {}).items()
        if all(key in info and json_key(info[key]) == json_key(value) for info in infos)
    }
    rest = [{key: info[key] for key in info if key not in shared} for info in infos]
    return INFO | shared | ({"parts": rest} if any(rest) else {})
