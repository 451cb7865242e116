"""Which photos the figures show: a measure per figure ranks all, a rule takes the best.

The rule: of each figure the four photos that do best at what the figure shows, measured against the
annotation; what they show covers at least 2 % of the photo, and no class of main object comes
twice. Nothing is chosen by eye. ``RULES`` in ``example_rules`` says what is ranked in each figure;
the mean over all photos stands beside the mean over the chosen ones, so that a caption can say how
far its examples are better than the rest.

Figure 6 asks for three words per photo: the two that are answered best, and one whose thing is not
in the photo, the first word of the next photo of the figure.

``assets/examples.json`` is written by ``python -m esam_core eval examples --choice FILE``.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from esam_core.bundled import asset
from esam_core.datasets.annotated import AnnotatedPhoto, annotated_photos
from esam_core.errors import InvalidSettings
from esam_core.evaluation.example_rules import RULES, choose, in_words, mean_of
from esam_core.evaluation.example_tasks import TASKS, Models, Row, Subject
from esam_core.evaluation.results import Journal, add_out_argument, settings_of, title_of
from esam_core.files import writing
from esam_core.models import load_segmenter
from esam_core.saliency import load_saliency
from esam_core.text import TEXT_ENCODERS, load_text_encoder

HELP = "which photos the figures show: how well each does in every task, and the rule's choice"
SETTINGS = ("data", "model", "encoder", "device", "precision")
SHOWN = 8  # ranked photos per figure in the printed table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of photos, models and files."""
    parser.add_argument(
        "--data", type=Path, default=asset("photos"), metavar="FOLDER", help="as assets/photos"
    )
    parser.add_argument("--model", default="mini", help="model that makes the masks")
    parser.add_argument("--encoder", default="offline", help=", ".join(TEXT_ENCODERS))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument(
        "--figures", default=",".join(TASKS), help="names, separated by commas; default all"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")
    parser.add_argument(
        "--choice", type=Path, metavar="FILE", help="write the chosen examples here as JSON"
    )
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print the ranking, and write the choice."""
    figures = _figures(args.figures)
    segmenter = load_segmenter(args.model, device=args.device, precision=args.precision)
    models = Models(segmenter, load_saliency(), load_text_encoder(args.encoder))
    journal = Journal(args.out, settings_of("examples", args, SETTINGS, [title_of(segmenter)]))
    photos = list(annotated_photos(args.data))
    measure(photos, photos[: args.limit], models, figures, journal)
    ranked = {figure: _measured(journal, figure) for figure in figures}
    record = choice(ranked, models)
    lines = [title_of(segmenter), *(line for f in figures for line in table(f, ranked[f], record))]
    print("\n".join(lines))
    journal.finish(record, lines)
    if args.choice is not None:
        write(record, args.choice)
    return 0


def measure(
    vocabulary: list[AnnotatedPhoto],
    photos: list[AnnotatedPhoto],
    models: Models,
    figures: list[str],
    journal: Journal,
) -> None:
    """Measure every photo in every task that the journal does not know yet.

    Args:
        vocabulary: The photos whose class names are asked for in Figure 6.
        photos: The photos to measure.
        models: The models under test.
        figures: From ``TASKS``.
        journal: Takes one row per figure and photo; a photo without anything to measure gives an
            empty one.
    """
    from tqdm import tqdm

    words = tuple(sorted({item.name for photo in vocabulary for item in photo.objects}))
    for photo in tqdm(photos, leave=False, unit="photo"):
        subject = Subject(photo, models, words)
        for figure in figures:
            key = f"{figure} {photo.number}"
            if key not in journal:
                journal.add(key, TASKS[figure](subject) or {})


def choice(ranked: dict[str, list[Row]], models: Models) -> dict[str, Any]:
    """Return what ``--choice`` writes and ``esam_core.datasets.examples`` reads.

    Args:
        ranked: The measured rows by figure.
        models: The models under test.

    Raises:
        InvalidSettings: A figure has fewer than one photo that its rule allows.
    """
    segmenter, encoder, saliency = models.segmenter, models.encoder, models.saliency
    return {
        "made_by": "python -m esam_core eval examples --choice FILE",
        "model": segmenter.title,
        "provenance": segmenter.provenance,
        "device": segmenter.device,
        "precision": segmenter.precision,
        "saliency": f"{saliency.title} ({saliency.provenance})",
        "encoder": f"{encoder.title} ({encoder.provenance})",
        "figures": {figure: _chosen(figure, rows) for figure, rows in ranked.items()},
    }


def table(figure: str, rows: list[Row], record: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one figure: its rule, its means and the best photos in order."""
    found = record["figures"][figure]
    chosen = {row["photo"] for row in found["examples"]}
    rule = RULES[figure]
    yield ""
    yield (
        f"{figure}: {found['rule']}. Mean {found['measure']}: {found['mean']:.3g}, over all "
        f"{found['count_all']} photos {found['mean_all']:.3g}."
    )
    yield ""
    yield "| photo | main object | value | allowed | chosen | prompts |"
    yield "|---|---|---|---|---|---|"
    for row in sorted(rows, key=rule.rank, reverse=True)[:SHOWN]:
        items = ", ".join(f"{item['name']} {item['iou']:.2f}" for item in row["items"])
        marks = ("yes" if mark else "" for mark in (rule.allowed(row), row["photo"] in chosen))
        cells = [row["photo"], row["name"], f"{row['value']:.3g}", *marks, items]
        yield f"| {' | '.join(cells)} |"


def write(record: dict[str, Any], path: Path) -> None:
    """Write a choice as JSON."""
    with writing(path):
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _chosen(figure: str, rows: list[Row]) -> dict[str, Any]:
    chosen = choose(figure, rows)
    if not chosen:
        raise InvalidSettings(f"no photo may be shown in {figure}: {in_words(figure)}.")
    if figure == "fig6":
        chosen = _with_absent_words(chosen)
    return {
        "rule": in_words(figure),
        "measure": RULES[figure].measure,
        "mean": mean_of(chosen),
        "mean_all": mean_of(rows),
        "count_all": len(rows),
        "examples": [
            {name: row[name] for name in ("photo", "name", "value", "items")} for row in chosen
        ],
    }


def _with_absent_words(chosen: list[Row]) -> list[Row]:
    """Keep each row's two best words and add the first one of a next row that is absent here."""
    rows = []
    for number, row in enumerate(chosen):
        following = [*chosen[number + 1 :], *chosen[:number]]
        words = [other["items"][0]["name"] for other in following]
        absent = next((word for word in words if word in row["absent"]), None)
        items = row["items"][:2]
        if absent is not None:
            items = [*items, {"name": absent, "iou": None, **row["absent"][absent]}]
        rows.append(row | {"items": items})
    return rows


def _measured(journal: Journal, figure: str) -> list[Row]:
    return [row for key, row in journal.rows.items() if row and key.split()[0] == figure]


def _figures(names: str) -> list[str]:
    figures = names.split(",")
    for figure in figures:
        if figure not in TASKS:
            raise InvalidSettings(f"--figures has {figure!r}; choose from {', '.join(TASKS)}.")
    return figures
