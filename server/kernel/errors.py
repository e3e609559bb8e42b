"""What can go wrong for a caller, typed by what the caller should do.

    ServerError
    ├── Unauthorized  401  sign in (again)
    ├── Forbidden     403  ask somebody who may
    ├── NotFound      404  it is not there, or not yours to see: the answer is the same
    ├── Conflict      409  look again, something else happened first
    ├── Invalid       422  mend the named fields
    └── Busy          503  try again later

``code`` is stable; its text stands in the catalogue as ``error.<code>``.
"""

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


class Busy(ServerError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "busy"
