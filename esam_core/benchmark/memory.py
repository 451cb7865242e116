"""Peak memory of a block of code."""

import threading
from types import TracebackType

import torch

from esam_core.errors import InvalidSettings

SECONDS_BETWEEN_LOOKS = 0.004


class PeakMemory:
    """Measures the peak memory of this process, or of the CUDA device, in a ``with`` block.

    Args:
        device: On ``cuda`` torch's allocator is read, otherwise the process's resident memory.

    Raises:
        InvalidSettings: psutil is not installed.
    """

    def __init__(self, device: str = "cpu"):
        self.cuda = torch.device(device).type == "cuda"
        try:
            import psutil
        except ImportError as error:
            raise InvalidSettings(
                "memory is measured with psutil, which is not installed: pip install psutil."
            ) from error
        self._process = psutil.Process()
        self._done = threading.Event()
        self.peak = 0

    def now(self) -> int:
        """Return the bytes in use."""
        return torch.cuda.memory_allocated() if self.cuda else self._process.memory_info().rss

    def __enter__(self) -> "PeakMemory":
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
        self.peak = self.now()
        self._done.clear()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        seen = torch.cuda.max_memory_allocated() if self.cuda else self.now()
        self.peak = max(self.peak, seen)

    def _watch(self) -> None:
        while not self._done.wait(SECONDS_BETWEEN_LOOKS):
            self.peak = max(self.peak, self.now())
