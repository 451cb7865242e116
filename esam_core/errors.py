"""Errors that a caller may handle. Messages state the value, what is allowed and what to do."""

import collections.abc


class EsamError(Exception):
    """Base class of all errors that this project raises."""


class InvalidImage(EsamError, ValueError):
    """A file, bytes or array that is not a usable image."""


class InvalidPrompt(EsamError, ValueError):
    """Points, labels or a box that do not describe a prompt."""


class TooManyPrompts(InvalidPrompt):
    """More prompt tokens than the model supports."""


class UnsupportedPrompt(EsamError, NotImplementedError):
    """A kind of prompt that the model does not support."""


class InvalidSettings(EsamError, ValueError):
    """A setting out of range."""


class MissingPackage(EsamError, ImportError):
    """An optional package that is required but not installed."""


class UnknownModel(EsamError, KeyError):
    """An unknown model name."""

    def __str__(self) -> str:
        """Return the plain message; KeyError would print it in quotes."""
        return str(self.args[0]) if self.args else ""


class UnknownWord(EsamError, ValueError):
    """A text that is not in the vocabulary.

    Args:
        message: The sentence for people.
        suggestions: Known words to look for instead, the best first.
    """

    def __init__(self, message: str = "", suggestions: collections.abc.Iterable[str] = ()):
        super().__init__(message)
        self.suggestions = tuple(suggestions)


class WeightsNotFound(EsamError, FileNotFoundError):
    """A weights file that was not found in the searched places."""


class WeightsMismatch(EsamError):
    """A weights file whose content does not match its name."""


class DownloadFailed(EsamError):
    """A download that failed; data received so far remains on disk for resuming."""


class Cancelled(EsamError):
    """The caller cancelled the work."""
