"""The reply type of all handlers, and the conversion of errors to replies."""

import functools
import logging
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from demo.engine import Engine
from demo.engine.photos import PhotoGone
from demo.handlers.requests import Json, values_of
from demo.texts import errors as texts
from esam_core.errors import Cancelled, EsamError

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
Cancel = Callable[[], bool]
Arguments = ParamSpec("Arguments")

# The reply of a handler: names and plain values. These names mean the same in every reply:
#   error    an error message for the visitor
#   code     a keyword for the page: photo_gone, cancelled, unexpected, or the error's class
#   seq, rev the request's numbers, sent back
#   message  messages for the visitor, one per line
#   layers   layers of the canvas by name, see setLayers in static/stage.js
#   found    the Masks that were found, for callers in Python; this and pictures (h, w, 3) uint8
#            are the only values that are not JSON
Reply = Json


def answering(
    handler: Callable[Concatenate[Engine, Any, Arguments], Reply],
) -> Callable[Concatenate[Engine, Any, Arguments], Reply]:
    """Turn exceptions of a handler into replies, and return ``seq`` and ``rev``."""

    @functools.wraps(handler)
    def answer(
        engine: Engine, payload: Any, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Reply:
        given = values_of(payload)
        numbers = {key: given[key] for key in ("seq", "rev") if _is_number(given.get(key))}
        try:
            return {**handler(engine, payload, *args, **kwargs), **numbers}
        except Cancelled:
            return {"message": texts.CANCELLED, "code": "cancelled", **numbers}
        except PhotoGone:
            return {"error": texts.PHOTO_GONE, "code": "photo_gone", **numbers}
        except EsamError as error:
            return {"error": str(error), "code": type(error).__name__, **numbers}
        except Exception:  # always reply; the reason is in the log
            log.exception("%s failed", handler.__name__)
            return {"error": texts.UNEXPECTED, "code": "unexpected", **numbers}

    return answer


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
