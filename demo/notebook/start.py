"""What a notebook's first cell asks after it has installed the project into a running kernel."""

import sys
from collections.abc import Iterable, Mapping
from importlib import metadata

from esam_core.errors import EsamError


def refuse_replaced(before: Mapping[str, str]) -> None:
    """Stop if the installation replaced a package that this kernel has already loaded.

    Modules of the old version would be mixed with files of the new one; only a restart helps.

    Args:
        before: Versions by name of what was installed before.

    Raises:
        EsamError: Names the packages. Where none is both loaded and replaced, nothing happens.
    """
    now = {found.name: found.version for found in metadata.distributions()}
    replaced = {name for name, version in now.items() if before.get(name, version) != version}
    stale = [f"{name} {before[name]} (now {now[name]})" for name in sorted(replaced & _loaded())]
    if stale:
        raise EsamError(
            f"the installation replaced {', '.join(stale)}, which this kernel had already loaded. "
            "Restart the kernel, and run all cells again."
        )


def _loaded() -> set[str]:
    """Name the distributions of which a module is loaded."""
    owners: Mapping[str, Iterable[str]] = metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in sys.modules}
    return {owner for top in tops for owner in owners.get(top, ())}
