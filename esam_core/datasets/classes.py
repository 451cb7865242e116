"""Class names by class id: COCO's eighty, or those of a file."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from esam_core.datasets.identities import JsonMap
from esam_core.errors import InvalidSettings
from esam_core.values import json_key

# COCO's class names by number; ten numbers are not used.
_NAMES = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,,
stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,,backpack,
umbrella,,,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,
skateboard,surfboard,tennis racket,bottle,,wine glass,cup,fork,knife,spoon,bowl,banana,apple,
sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,,dining table,
,,toilet,,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,,book,
clock,vase,scissors,teddy bear,hair drier,toothbrush"""
CATEGORIES = {
    number: name for number, name in enumerate(_NAMES.replace("\n", "").split(","), start=1) if name
}


def load_names(source: str | Path) -> JsonMap[str]:
    """Read class names by class id.

    Args:
        source: ``coco`` for COCO's eighty names, or a file. As JSON: an object ``{"17": "cat"}``,
            which names the class 17 and the class "17"; a list of ``{"id", "name"}``; a data set
            with ``categories``; or a list of names. As text: one name per line. Names in a list or
            in lines are numbered from 1, as COCO's are; an empty one leaves its number without.

    Raises:
        InvalidSettings: The file is missing, unreadable or something else, or names a class twice.
    """
    if str(source) == "coco":
        return JsonMap(CATEGORIES.items())
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8-sig")
        structured = path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "[")
        record = json.loads(text) if structured else text.splitlines()
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSettings(
            f"{source} cannot be read as class names: {error}. Give a JSON file, a text file with "
            "one name per line, or coco for COCO's own names."
        ) from error
    try:
        return JsonMap(_checked(_pairs(record)))
    except ValueError as error:
        raise InvalidSettings(f"{path.name} holds no class names: {error}") from error


def names_of_categories(categories: Any) -> JsonMap[str]:
    """Return the names in a data set's ``categories``; an entry without id and name gives none."""
    entries = categories if isinstance(categories, list) else []
    found: list[tuple[Any, str]] = []
    for entry in entries:
        try:
            found.extend(_checked([_pair(entry)]))
        except ValueError:
            continue
    return JsonMap(found)


def _pairs(record: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(record, Mapping) and isinstance(record.get("categories"), list):
        record = record["categories"]
    if isinstance(record, Mapping):
        return _keyed(record)
    if not isinstance(record, list):
        raise ValueError('give {"17": "cat"}, a list of {"id", "name"}, or a list of names.')
    if record and all(isinstance(entry, str) for entry in record):
        named = ((number, name.strip()) for number, name in enumerate(record, start=1))
        return [(number, name) for number, name in named if name]
    return [_pair(entry) for entry in record]


def _keyed(record: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    """Yield each name by its key as text and, where the text is JSON, as that value."""
    for key, name in record.items():
        yield key, name
        try:
            yield json.loads(key), name
        except (ValueError, RecursionError):
            continue


def _pair(entry: Any) -> tuple[Any, Any]:
    if not isinstance(entry, Mapping) or "id" not in entry or "name" not in entry:
        raise ValueError(f"{entry!r:.60} has no id and name.")
    return entry["id"], entry["name"]


def _checked(pairs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, str]]:
    seen: dict[str, str] = {}
    for number, name in pairs:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"the name of {number!r:.60} is {name!r:.60}; it must be a text.")
        key = json_key(number)
        if seen.setdefault(key, name) != name:
            raise ValueError(f"class {key} has two names, {seen[key]!r} and {name!r}.")
        yield number, name
