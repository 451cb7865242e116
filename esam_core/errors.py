"""Errors that a caller may react to: what came, what is allowed, what to do."""


class EsamError(Exception):
    """Base class of the errors that this project raises on purpose."""


class InvalidImage(EsamError, ValueError):
    """The given file, bytes or array is not a picture that can be used."""


class InvalidPrompt(EsamError, ValueError):
    """Points, labels or a box that do not describe a prompt."""


class TooManyPrompts(InvalidPrompt):
    """More prompt tokens than the model reads."""


class UnsupportedPrompt(EsamError, NotImplementedError):
    """A kind of prompt that the model was not made for."""


class InvalidSettings(EsamError, ValueError):
    """A setting outside its range."""


class MissingPackage(EsamError, ImportError):
    """An optional package that is needed here and not installed."""


class UnknownModel(EsamError, KeyError):
    """A model name that no row carries."""

    def __str__(self) -> str:
        """Return the plain message; KeyError would print it in quotes."""
        return str(self.args[0]) if self.args else ""


class UnknownWord(EsamError, ValueError):
    """A text that the vocabulary does not know."""


class WeightsNotFound(EsamError, FileNotFoundError):
    """A weights file that is not where it was looked for."""


class WeightsMismatch(EsamError):
    """A weights file whose content is not what its name promises."""


class DownloadFailed(EsamError):
    """A download that could not be finished; what was received so far is kept for resuming."""


class Cancelled(EsamError):
    """The caller asked to stop."""
