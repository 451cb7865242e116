"""The page as a program: ``python -m demo``, or ``python app.py`` in the repository."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from demo.startup import choose_caches, refusal, root_path, without_type_stubs
from esam_core.process import tune_process

LAST_SECONDS = 2.0  # for work that still runs when the page has been stopped

# Before gradio is imported: afterwards it has already asked the network.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def program() -> NoReturn:
    """Run the page as a process of its own, which ends soon after the page was stopped.

    Work that still computes would be waited for: minutes, while who stops a container waits ten
    seconds. Nothing is lost with it; files are written beside their place and then moved.
    """
    code = main()
    sys.stdout.flush()
    end = threading.Timer(LAST_SECONDS, os._exit, (code,))
    end.daemon = True
    end.start()
    sys.exit(code)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; some defaults are Gradio's own variables."""
    parser = argparse.ArgumentParser(description="Segment photos by pointing at things.")
    parser.add_argument("--model", default="auto", help="model name, or auto (default)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, mps")
    parser.add_argument("--precision", default="auto", help="auto (default), fp32, bf16, fp16")
    parser.add_argument("--weights", type=Path, help="weights file of --model")
    parser.add_argument("--random", action="store_true", help="random weights, to try the page")
    parser.add_argument(
        "--scale",
        choices=("data", "full"),
        default="data",
        help="photos of more than 8 bits: their own range (default), or that of their type",
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile, in the background")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, help="default: the first free one from 7860")
    parser.add_argument(
        "--root-path",
        type=_root_path,
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        metavar="PATH",
        help="where a reverse proxy shows the page, such as /tools/esam",
    )
    parser.add_argument("--share", action="store_true", help="a public link through Gradio")
    return parser


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; what cannot be is one line on stderr and exit code 2."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.weights is not None and args.model == "auto":
        parser.error("--weights needs --model, to know whose weights they are.")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Build the page, start loading the model behind it, and serve.

    Returns:
        The exit code: 0 after Ctrl+C or SIGTERM, 2 where the page cannot listen.
    """
    args = parse(argv)
    if reason := refusal(args.host, args.port):
        return _refused(reason)
    choose_caches(os.environ)
    tune_process()
    from demo.engine import Engine
    from demo.engine.borrowed import BorrowingCatalogue, lender
    from demo.engine.catalogue import Catalogue, CoreCatalogue

    lend = lender()
    with without_type_stubs():
        from demo.ui import LAUNCH, build

    own = CoreCatalogue(
        args.device, args.precision, args.weights, args.model, args.random, args.compile
    )
    catalogue: Catalogue = own if lend is None else BorrowingCatalogue(own, lend)
    engine = Engine(catalogue, model=args.model, scale=args.scale)
    page = build(engine)
    try:
        page.launch(
            server_name=args.host,
            server_port=args.port,
            root_path=args.root_path,
            share=args.share,
            prevent_thread_lock=True,
            **LAUNCH,
        )
    except OSError as error:  # taken since, or every port that Gradio tries
        return _refused(" ".join(str(error).split()))
    # The first process of a container would ignore SIGTERM, with which it is asked to stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Importing torch holds the interpreter for seconds: the first page is served before.
    engine.models.start(grace=1.0)
    page.block_thread()
    return 0


def _refused(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 2


def _root_path(text: str) -> str:
    try:
        return root_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    program()
