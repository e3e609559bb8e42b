"""What can go wrong for a caller, typed by what the caller should do.

    ServerError
    ├── Unauthorized  401  sign in (again)
    ├── Forbidden     403  ask somebody who may
    ├── NotFound      404  it is not there, or not yours to see: the answer is the same
    ├── Conflict      409  look again, something else happened first
    ├── Invalid       422  mend the named fields
    ├── TooMany       429  wait ``retry_after`` seconds
    └── Busy          503  try again later

``code`` is stable; its text stands in the catalogue as ``error.<code>``.
"""

import traceback
from http import HTTPStatus


class ServerError(Exception):
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal"

    def __init__(
        self,
        code: str | None = None,
        /,
        *,
        fields: dict[str, str] | None = None,
        **params: object,
    ) -> None:
        if code is not None:
            self.code = code
        self.fields = fields or {}
        self.params = params
        super().__init__(self.code)


class Unauthorized(ServerError):
    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class Forbidden(ServerError):
    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class NotFound(ServerError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class Conflict(ServerError):
    status = HTTPStatus.CONFLICT
    code = "conflict"


class Invalid(ServerError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class TooMany(ServerError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many"

    def __init__(self, code: str | None = None, /, retry_after: int = 60) -> None:
        super().__init__(code, minutes=max(1, -(-retry_after // 60)))
        self.retry_after = retry_after


class Busy(ServerError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "busy"


def trace(error: BaseException) -> str:
    """What failed and where, for the log: types and lines of code of the whole chain, never the
    messages, which databases and validators fill with people's data."""
    told = [f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}".rstrip()]
    cause = error.__cause__ or error.__context__
    if cause is not None:
        told.append(f"because of {trace(cause)}")
    return "\n".join(told)
