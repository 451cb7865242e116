"""Start the page: python app.py, then open the address that it prints."""

import argparse
import os
from pathlib import Path

from esam_core.process import tune_process

# Before gradio is imported: afterwards it has already asked the network.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Segment photos by pointing at things.")
    parser.add_argument("--model", default="auto", help="model name, or auto (default)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, mps")
    parser.add_argument("--precision", default="auto", help="auto (default), fp32, bf16, fp16")
    parser.add_argument("--weights", type=Path, help="weights file of --model")
    parser.add_argument("--random", action="store_true", help="random weights, to try the page")
    parser.add_argument("--compile", action="store_true", help="torch.compile, in the background")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, help="default: the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="a public link through Gradio")
    args = parser.parse_args(argv)
    if args.weights is not None and args.model == "auto":
        parser.error("--weights needs --model, to know whose weights they are.")
    return args


def main(argv: list[str] | None = None) -> None:
    """Build the page, start loading the model behind it, and serve."""
    args = parse(argv)
    tune_process()
    from demo.engine import Engine
    from demo.engine.catalogue import CoreCatalogue
    from demo.startup import without_type_stubs

    with without_type_stubs():
        from demo.ui import LAUNCH, build

    catalogue = CoreCatalogue(
        args.device, args.precision, args.weights, args.model, args.random, args.compile
    )
    engine = Engine(catalogue, model=args.model)
    page = build(engine)
    page.launch(
        server_name=args.host,
        server_port=args.port,
        share=args.share,
        prevent_thread_lock=True,
        **LAUNCH,
    )
    # Importing torch holds the interpreter for seconds: the first page is served before.
    engine.models.start(grace=1.0)
    page.block_thread()


if __name__ == "__main__":
    main()
