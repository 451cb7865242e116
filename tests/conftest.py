"""Fixtures that several test files share: photos, pages over a fake and a real model, Chromium."""

import contextlib
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo.engine import Engine
from esam_core import asset, load_rgb
from esam_core.datasets.annotated import annotated_photos
from tests.support.fakes import FakeCatalogue

# Gradio is imported later, by the first fixture or test that needs it: tests stay on this machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
# Nor do they see which models this machine has: nothing is in this cache.
os.environ["HF_HUB_CACHE"] = str(Path(__file__).parents[1] / ".pytest_cache" / "hub")
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), "127.0.0.1,localhost")))

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
]
LONG = ("browser", "notebook", "slow")  # markers of what only --all runs
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --all; without it, the quick tests run."""
    parser.addoption("--all", action="store_true", help="also the page, notebooks and slow tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless everything, a marker or a single file is asked for."""
    if config.option.markexpr or any(".py" in arg for arg in config.args):
        return
    kinds = ("patient",) if config.option.all else (*LONG, "patient")
    long = [item for item in items if any(map(item.get_closest_marker, kinds))]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that need a GPU where there is none."""
    if item.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")


@pytest.fixture(scope="session", autouse=True)
def _same_threads():
    """Compute with the same number of threads throughout: with another, sums round differently."""
    from esam_core.modeling.cpu import free_cores

    free_cores.running = lambda: 0


@pytest.fixture(scope="session")
def bear() -> tuple[np.ndarray, np.ndarray]:
    """A photo of a bear (640, 586, 3) and the bear's mask."""
    photo = next(p for p in annotated_photos(asset("photos")) if p.path.stem == "000000000285")
    return load_rgb(photo.path), photo.masks()[0]


@pytest.fixture(scope="session")
def bear_file() -> Path:
    """The file of the bear's photo, 586 x 640."""
    return asset("photos", "000000000285.jpg")


@pytest.fixture(scope="session")
def dog_file() -> Path:
    """A photo of a dog beside a hydrant, 426 x 640."""
    return asset("photos", "000000377575.jpg")


@pytest.fixture
def catalogue() -> FakeCatalogue:
    return FakeCatalogue()


@pytest.fixture
def engine(catalogue) -> Engine:
    engine = Engine(catalogue)
    engine.models._start()
    return engine


def serve(engine, root_path=None, port=None):
    """Launch the page over an engine, by default on a free port; return it and its address."""
    from demo.ui import LAUNCH, build

    page = build(engine)
    _, url, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        root_path=root_path,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        **LAUNCH,
    )
    engine.models.start()
    return page, url.rstrip("/")


@pytest.fixture(scope="session")
def fake_engine():
    return Engine(FakeCatalogue())


@pytest.fixture(scope="session")
def fake_server(fake_engine):
    page, url = serve(fake_engine)
    yield url
    page.close()


@pytest.fixture(scope="session")
def mini_server():
    from demo.engine.catalogue import CoreCatalogue

    page, url = serve(Engine(CoreCatalogue(device="cpu", precision="fp32"), model="mini"))
    yield url
    page.close()


@pytest.fixture(scope="session")
def browser():
    found = os.environ.get("ESAM_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES)), None
    )
    with contextlib.suppress(ImportError):
        from playwright.sync_api import sync_playwright

        if found:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGS)
                yield chromium
                chromium.close()
            return
    advice = (
        "no Chromium: apt-get install chromium and pip install playwright, or set ESAM_CHROMIUM"
    )
    if os.environ.get("ESAM_REQUIRE_BROWSER") == "1":
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


@pytest.fixture
def open_page(browser, request, tmp_path):
    """open_page(url, width, height, dpr, touch, dark) -> PageDriver.

    Fails on any console error and on any request to another server.
    """
    from tests.support.page import PageDriver

    with contextlib.ExitStack() as stack:
        drivers, bad = [], []

        def open_one(url, **look):
            drivers.append(PageDriver(browser, url, bad, **look))
            stack.callback(drivers[-1].context.close)
            return drivers[-1]

        yield open_one
        report = getattr(request.node, "report_call", None)
        if report is not None and report.failed:
            for i, driver in enumerate(drivers):
                driver.page.screenshot(path=str(tmp_path / f"failed{i}.png"))
                sys.stderr.write(f"screenshot: {tmp_path / f'failed{i}.png'}\n")
        assert not bad, bad


@pytest.fixture(scope="module")
def mini_engine():
    """The page's engine with the bundled model, loaded."""
    from demo.engine.catalogue import CoreCatalogue

    engine = Engine(CoreCatalogue(device="cpu", precision="fp32"), model="mini")
    engine.models._start()
    return engine


@pytest.fixture
def clip_hub(monkeypatch, tmp_path):
    """A hub that has the row ViT-B-32 with a small random network, and an empty cache.

    Returns the row and the paths that the hub has sent.
    """
    from tests.support.hub import serve_hub
    from tests.support.tiny_clip import published, shrink

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    spec = shrink(monkeypatch, "ViT-B-32")
    files = {(spec.repository, "open_clip_model.safetensors"): published(spec)}
    with serve_hub(files) as (address, sent):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield spec, sent


@pytest.fixture
def few_points(monkeypatch):
    """Four points a side in the fast grid instead of 16: enough for some masks, and quick."""
    from esam_core.everything import settings

    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))
