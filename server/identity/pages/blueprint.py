"""The blueprint that all pages of identity hang on."""

from werkzeug.wrappers import Response as BaseResponse

from server.kernel.pages import page_blueprint

Answer = str | BaseResponse | tuple[str, int]

pages = page_blueprint(
    "identity",
    "server.identity",
    public=(
        "sign_in",
        "check_sign_in",
        "second_step",
        "check_second_step",
        "company_sign_in",
        "company_back",
        "password_link",
        "use_password_link",
        "sign_out",
        "language",
    ),
)
