"""One object step by step: clicks and boxes that correct a mask, add to it or cut from it.

The steps alone say what the mask is: replaying them gives the same mask every time, so undo is
exact and nothing about the object is kept in the model.
"""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.corrections.replaying import replay
    from esam_core.corrections.steps import Step, steps_of

_MODULE_OF = {"replay": "replaying", "Step": "steps", "steps_of": "steps"}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
