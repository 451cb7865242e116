"""The options of one prompt, shared by the subcommands that take points and a box."""

import argparse
from typing import TYPE_CHECKING, Any

from esam_core.errors import InvalidPrompt

if TYPE_CHECKING:
    from esam_core.prompts import Prompt


def add_prompt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--point`` and ``--box``, which ``read_prompt`` reads."""
    parser.add_argument(
        "--point",
        type=parse_point,
        action="append",
        default=[],
        metavar="X,Y[,LABEL]",
        help="a point on the object, or with label 0 on the background; may be repeated",
    )
    parser.add_argument(
        "--box",
        type=parse_box,
        action=_Once,
        metavar="X0,Y0,X1,Y1",
        help="any two opposite corners of a box around the object",
    )


class _Once(argparse.Action):
    """An option that is an error the second time, instead of replacing the first value."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(
                self, "given twice; a prompt has at most one box, --boxes FILE takes several"
            )
        setattr(namespace, self.dest, values)


def read_prompt(args: argparse.Namespace, image_hw: tuple[int, int]) -> "Prompt":
    """Build a prompt from ``--point`` and ``--box``, checked against an image.

    Args:
        args: With ``point`` and ``box``, in pixels of the image.
        image_hw: Height and width of the image in pixels.

    Raises:
        InvalidPrompt: Neither is given, or ``Prompt`` or ``Prompt.within`` raises it.
    """
    from esam_core.prompts import Prompt

    if not args.point and args.box is None:
        raise InvalidPrompt("nothing to segment: give --point X,Y, --box X0,Y0,X1,Y1 or both.")
    prompt = Prompt(
        tuple((x, y) for x, y, _ in args.point),
        tuple(label for _, _, label in args.point),
        args.box,
    )
    return prompt.within(image_hw)


def parse_point(text: str) -> tuple[float, float, int]:
    """Parse ``X,Y`` or ``X,Y,LABEL``."""
    numbers = _numbers(text)
    if len(numbers) not in (2, 3) or (len(numbers) == 3 and numbers[2] not in (0, 1)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not X,Y or X,Y,LABEL with LABEL 1 (the object) or 0 (not the object)"
        )
    return numbers[0], numbers[1], int(numbers[2]) if len(numbers) == 3 else 1


def parse_box(text: str) -> tuple[float, float, float, float]:
    """Parse ``X0,Y0,X1,Y1``."""
    numbers = _numbers(text)
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not X0,Y0,X1,Y1")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []
