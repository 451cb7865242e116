"""Names of a package that are imported on first use, so that importing it costs nothing."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(
    package: str, module_of: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Args:
        package: Its ``__name__``.
        module_of: By name, the module inside the package that has it. The same imports under ``if
            TYPE_CHECKING`` show them to editors and type checkers.
    """
    names = sorted(module_of)

    def get(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return get, lambda: names, names
