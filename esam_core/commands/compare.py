"""``compare``: one prompt on several models, rules or both, side by side."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import about_model, about_photo, add_json_argument, write_report
from esam_core.commands._outputs import PICTURE, check_outputs, write_picture
from esam_core.commands._photo import add_photo_argument, open_photo
from esam_core.commands._prompt import add_prompt_arguments, read_prompt

if TYPE_CHECKING:
    import numpy as np

    from esam_core.comparison import Comparison
    from esam_core.prompts import Prompt


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``compare PHOTO --point ... --box ... --out panel.png``."""
    parser = subparsers.add_parser(
        "compare",
        help="compare models, or rules that choose among the candidates",
        description="Draws the masks of every model with every rule side by side and prints their "
        "IoU and milliseconds. The default is all models whose weights are on this machine, or, "
        "if there is only one, all rules.",
    )
    add_photo_argument(parser)
    add_prompt_arguments(parser)
    parser.add_argument("--models", metavar="A,B", help="names, separated by commas")
    parser.add_argument(
        "--rules", metavar="A,B", help="some of predicted_iou, box_iou, largest, smallest"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the masks side by side (PNG, JPEG, WebP)",
    )
    add_json_argument(parser, "prompt, scores, IoU, times and models")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp16")
    return parser


def run(args: argparse.Namespace) -> int:
    """Compare, write the panel and print the table."""
    from esam_core.comparison import compare_models
    from esam_core.models import load_segmenter

    check_outputs(args, PICTURE)
    photo = open_photo(args)
    image = photo.image
    prompt = read_prompt(args, image.shape[:2])
    models, rules = choices(args.models, args.rules)
    segmenters = [
        load_segmenter(name, device=args.device, precision=args.precision) for name in models
    ]
    for segmenter in segmenters:  # warm up: the first run of a model is slower
        segmenter.predict(segmenter.embed(image), prompt)
    result = compare_models(image, prompt, segmenters, rules=rules)
    write_picture(args.out, draw(image, prompt, result))
    report = about_photo(args.photo, photo) | describe(result) | {"prompt": prompt.to_json()}
    write_report(args.json, report, f"{as_table(result)}\n{args.out}")
    return 0


def choices(models: str | None, rules: str | None) -> tuple[list[str], list[str]]:
    """Parse ``--models`` and ``--rules``, or choose defaults.

    Returns:
        Names of models and names of rules.

    Raises:
        UnknownModel: Unknown model.
        InvalidSettings: An unknown rule, or fewer than two choices.
    """
    from esam_core.errors import InvalidSettings
    from esam_core.masks import RULES
    from esam_core.models import available_models, model_spec

    given = [model_spec(name).name for name in _split(models)]
    names = given or available_models() or ["auto"]  # which names the missing file when loaded
    if rules is not None:
        chosen = _split(rules)
    elif len(names) > 1:
        chosen = list(RULES[:1])
    else:
        chosen = list(RULES)
    for rule in chosen:
        if rule not in RULES:
            raise InvalidSettings(f"rule {rule!r} is unknown; use one of {', '.join(RULES)}.")
    if len(names) * len(chosen) < 2:
        raise InvalidSettings(
            "nothing to compare with: give two models (--models A,B) or two rules (--rules A,B)."
        )
    return names, chosen


def draw(image: "np.ndarray", prompt: "Prompt", result: "Comparison") -> "np.ndarray":
    """Draw the prompt and the best mask of every choice on one page (h, w, 3) uint8."""
    from esam_core.visualize import caption, draw_masks, draw_prompt, palette, panel

    colours = palette(len(result.masks))
    pictures = [
        draw_prompt(draw_masks(image, masks, colours=[colour]), prompt)
        for masks, colour in zip(result.masks, colours, strict=True)
    ]
    models = dict.fromkeys(caption(segmenter) for segmenter in result.segmenters)
    return panel(
        [pictures],
        titles=labels(result),
        captions=[_notes(result)],
        footer=f"{'; '.join(models)}.",
    )


def labels(result: "Comparison") -> list[str]:
    """Return a label per choice from what differs: model, rule or both."""
    parts = [
        [segmenter.title for segmenter in result.segmenters] if len(set(result.names)) > 1 else [],
        [rule.replace("_iou", " IoU") for rule in result.rules]
        if len(set(result.rules)) > 1
        else [],
    ]
    return [", ".join(words) for words in zip(*filter(None, parts), strict=True)]


def as_table(result: "Comparison") -> str:
    """Return one line per choice: times, score, IoU with each choice, and provenance."""
    names = labels(result)
    width = max(map(len, names))
    numbers = "".join(f"{f'IoU {i}':>7}" for i in range(1, len(names) + 1))
    lines = [f"   {'':{width}}  embed ms  predict ms  predicted IoU{numbers}  weights"]
    for i, name in enumerate(names):
        segmenter = result.segmenters[i]
        ious = "".join(f"{iou:7.2f}" for iou in result.iou[i])
        lines.append(
            f"{i + 1:2} {name:{width}}  {result.embed_ms[i]:8.0f}  {result.predict_ms[i]:10.0f}  "
            f"{result.masks[i].predicted_iou[0]:13.2f}{ious}  {segmenter.name} "
            f"({segmenter.provenance}), {segmenter.device} {segmenter.precision}"
        )
    return "\n".join(lines)


def describe(result: "Comparison") -> dict[str, Any]:
    """Return every choice and the pairwise IoU as JSON values."""
    rows = [
        about_model(segmenter)
        | {
            "rule": result.rules[i],
            "predicted_iou": round(float(result.masks[i].predicted_iou[0]), 4),
            "area": int(result.masks[i].area[0]),
            "box_xyxy": result.masks[i].boxes_xyxy[0].tolist(),
            "milliseconds": {
                "embed": round(result.embed_ms[i], 1),
                "predict": round(result.predict_ms[i], 1),
            },
        }
        for i, segmenter in enumerate(result.segmenters)
    ]
    return {"choices": rows, "iou": result.iou.round(4).tolist()}


def _notes(result: "Comparison") -> list[str]:
    return [
        f"predicted IoU {masks.predicted_iou[0]:.2f}, {ms:.0f} ms"
        for masks, ms in zip(result.masks, result.predict_ms, strict=True)
    ]


def _split(names: str | None) -> list[str]:
    return [] if names is None else [name.strip() for name in names.split(",")]
