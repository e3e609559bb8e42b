"""What the pages share: their blueprints, the live feed, answers to forms, figures as people read them."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from babel import dates, numbers
from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from server.kernel import i18n
from server.kernel.auth import principal
from server.kernel.context import kernel
from server.kernel.db import counter_value
from server.kernel.errors import Forbidden, ServerError, Unauthorized

_BABEL = {"zh-CN": "zh_Hans_CN", "en": "en"}
NEW_PASSWORD = "identity.new_password"  # noqa: S105 - the name of a view
"""The one page that opens to somebody who has to choose a new password first."""


def page_blueprint(name: str, import_name: str, *, public: Collection[str] = ()) -> Blueprint:
    """A blueprint of pages: its own ``templates`` folder, and the filters every page may use.

    Its views need somebody who signed in, but for those named in ``public``.
    """
    blueprint = Blueprint(name, import_name, template_folder="templates")
    open_doors = {f"{name}.{view}" for view in public}

    @blueprint.before_request
    def _need_principal() -> BaseResponse | None:
        if request.endpoint in open_doors or not principal().must_change_password:
            return None
        if request.endpoint == NEW_PASSWORD or request.path == url_for(NEW_PASSWORD):
            return None
        if request.method == "GET" and not is_fragment():
            return redirect(url_for(NEW_PASSWORD))
        raise Forbidden("password_due")

    filters = (money, day, long_day, near_day, stamp, when, clock_seconds, duration, did)
    for filter_ in filters:
        blueprint.add_app_template_filter(filter_)
    blueprint.add_app_template_global(text_or)
    blueprint.add_app_template_global(theme)
    return blueprint


def is_fragment() -> bool:
    """Did htmx ask? Then a part of the page is wanted, not the whole."""
    return request.headers.get("HX-Request") == "true"


def feed(session: Session) -> int:
    """Where the feed stands. Read it before the rows, so that what comes in between shows next time."""
    return counter_value(session, "feed")


def nothing_new(revision: int) -> bool:
    """Does this poll already show everything up to ``revision``?"""
    return request.args.get("rev") == str(revision)


def safe_next(target: str | None) -> str:
    """A path of ours to go to after signing in; anything else becomes the first page."""
    if not target or "\\" in target or any(char < " " for char in target):
        return "/"
    return target if target.startswith("/") and not target.startswith("//") else "/"


def said(code: str, back: str, /, **params: object) -> BaseResponse:
    """A form was obeyed: to htmx a word for the page, which then looks for news; else a redirect."""
    if not is_fragment():
        return redirect(back, 303)
    response = make_response("", 204)
    response.headers["HX-Trigger"] = json.dumps({"said": {"text": i18n.t(code, **params)}})
    return response


def refused(error: ServerError) -> BaseResponse:
    """A form was refused: the reason in words, for the place beside the form. Without htmx the
    error goes on to the error page."""
    if not is_fragment() or isinstance(error, Unauthorized):
        raise error
    texts = {i18n.t(f"error.{code}") for code in error.fields.values() if _has(f"error.{code}")}
    text = " ".join(sorted(texts)) or i18n.t(f"error.{error.code}", **error.params)
    response = make_response(text, int(error.status))
    response.mimetype = "text/plain"
    return response


def theme() -> str:
    """``light`` or ``dark`` by choice, else empty: the system's."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def _has(code: str) -> bool:
    return code in i18n.catalogue(i18n.language())


def text_or(code: str, fallback: str, /, **params: object) -> str:
    """The text of ``code``, or of ``fallback`` where the code is newer than this catalogue."""
    return i18n.t(code if _has(code) else fallback, **params)


def did(action: str) -> str:
    """What the audit log calls ``customer.hand_over``, in words; what is too new for them as it is."""
    code = f"did.{action}"
    return i18n.t(code) if _has(code) else action


def money(amount: Decimal, currency: str) -> str:
    return numbers.format_currency(
        amount, currency, locale=_BABEL[i18n.language()], format="¤#,##0.##", currency_digits=False
    )


def day(value: date) -> str:
    pattern = "yyyy年M月d日" if i18n.language() == "zh-CN" else "d MMM yyyy"
    return dates.format_date(value, pattern, locale=_BABEL[i18n.language()])


def long_day(value: date) -> str:
    """``11月23日 星期一``."""
    pattern = "M月d日 EEEE" if i18n.language() == "zh-CN" else "EEEE, d MMMM"
    return dates.format_date(value, pattern, locale=_BABEL[i18n.language()])


def local_today() -> date:
    """The calendar day of the person."""
    return kernel().clock.now().astimezone(i18n.timezone()).date()


def near_day(value: date) -> str:
    """``今天``, ``明天``, ``周三``, ``已过 3 天``; farther away the date."""
    away = (value - local_today()).days
    if away in (0, 1):
        return i18n.t("day.today" if away == 0 else "day.tomorrow")
    if away < 0:
        return i18n.t("day.past_one" if away == -1 else "day.past", days=-away)
    if away < 7:
        return dates.format_date(value, "EEE", locale=_BABEL[i18n.language()])
    return day(value)


def stamp(moment: datetime) -> str:
    """``14:05`` today, ``11月20日 14:05`` this year, with its year before that."""
    local, today = moment.astimezone(i18n.timezone()), local_today()
    if local.date() == today:
        return i18n.format_moment(moment, "time")
    if local.year != today.year:
        return i18n.format_moment(moment)
    return f"{i18n.format_moment(moment, 'short')} {i18n.format_moment(moment, 'time')}"


def when(moment: datetime) -> str:
    """How long ago; what lies ahead by its date and time."""
    now = kernel().clock.now()
    return stamp(moment) if moment > now else i18n.relative_day(moment, now)


def morning(days_ahead: int) -> datetime:
    """Nine o'clock, so many days from now, where the person is."""
    then = local_today() + timedelta(days=days_ahead)
    return datetime.combine(then, time(9), tzinfo=i18n.timezone())


def clock_seconds(seconds: float) -> str:
    """Seconds from the start of a recording as ``2:07``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """``8 分 12 秒``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return i18n.t("duration.hours", hours=minutes // 60, minutes=minutes % 60)
    if minutes:
        return i18n.t("duration.minutes", minutes=minutes, seconds=rest)
    return i18n.t("duration.seconds", seconds=rest)


def here(**changes: Any) -> str:
    """This page's address with ``changes`` to its query; None drops a key. What only one answer
    needed (``rev`` and cursors) never stays."""
    gone = ("rev", "before", "floor")
    query: Mapping[str, Any] = {
        **{key: value for key, value in request.args.items() if key not in gone},
        **changes,
    }
    kept = urlencode([(key, value) for key, value in query.items() if value not in (None, "")])
    return f"{request.path}?{kept}" if kept else request.path


def no_content() -> Response:
    return make_response("", 204)
