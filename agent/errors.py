"""Errors of the agent, typed by the action they demand.

    GenjinError
    ├── Misconfigured            show all problems at once, exit 2
    ├── AlreadyRunning           another agent works on the same data
    ├── StoreBroken              the local store cannot be opened or written
    ├── SourceError
    │   ├── SourceUnavailable    try again after ``retry_after`` seconds
    │   ├── SourceAuthFailed     pause the source, ask the person to sign in again
    │   ├── SourceMisconfigured  pause the source, the settings are wrong
    │   │   └── SourceLacks      the same, of a part; all other parts were read
    │   ├── CursorExpired        start over from the beginning; ids keep it free of doubles
    │   └── BadItem              quarantine this one item, go on with the rest
    ├── SpeechUnavailable        no engine or no model: say what to install
    └── DeliveryError
        ├── DeliveryRetryable    keep and try again after ``retry_after``
        ├── DeliveryUnauthorized keep everything, stop sending, ask to pair again
        └── DeliveryRefused      the server will never take it: quarantine

Each carries a stable ``code``; ``agent.messages`` holds the text of every code in zh-CN and en.
``params`` fill the text's placeholders and must be free of private data: they may be logged.
"""

from collections.abc import Sequence


class GenjinError(Exception):
    code = "error"

    def __init__(self, code: str | None = None, /, **params: object) -> None:
        if code is not None:
            self.code = code
        self.params = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        detail = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({detail})" if detail else self.code


class Misconfigured(GenjinError):
    """The configuration is wrong; ``problems`` holds every fault as (code, params)."""

    code = "misconfigured"

    def __init__(self, problems: Sequence[tuple[str, dict[str, object]]]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class AlreadyRunning(GenjinError):
    code = "already_running"


class StoreBroken(GenjinError):
    code = "store_broken"


class SourceError(GenjinError):
    code = "source_error"


class SourceUnavailable(SourceError):
    code = "source_unavailable"

    def __init__(
        self, code: str | None = None, /, *, retry_after: float | None = None, **params: object
    ) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class SourceAuthFailed(SourceError):
    code = "source_auth_failed"


class SourceMisconfigured(SourceError):
    code = "source_misconfigured"


class SourceLacks(SourceMisconfigured):
    """A folder of the settings is not there. Raised last, once everything else has been told."""

    code = "source_lacks"


class CursorExpired(SourceError):
    code = "cursor_expired"


class BadItem(SourceError):
    code = "bad_item"


class SpeechUnavailable(GenjinError):
    code = "speech_unavailable"


class DeliveryError(GenjinError):
    code = "delivery_error"


class DeliveryRetryable(DeliveryError):
    code = "delivery_retryable"

    def __init__(
        self, code: str | None = None, /, *, retry_after: float | None = None, **params: object
    ) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class DeliveryUnauthorized(DeliveryError):
    code = "delivery_unauthorized"


class DeliveryRefused(DeliveryError):
    code = "delivery_refused"
