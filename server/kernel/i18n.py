"""Language: codes in code, texts in ``server/locale/<language>/*.po`` (Babel).

``t("today.title")`` gives the text of a code in the language of the request; placeholders are
named: ``t("today.days", days=3)``. A missing code is an error in tests and shows itself in the page.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import dates
from babel.messages.pofile import read_po
from flask import g, has_request_context, request

LANGUAGES = ("zh-CN", "en")
_FOLDERS = {"zh-CN": "zh_CN", "en": "en"}
_BABEL = {"zh-CN": "zh_Hans_CN", "en": "en"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of a language; the files of its folder form one catalogue."""
    texts: dict[str, str] = {}
    for path in sorted((Path(__file__).parent.parent / "locale" / _FOLDERS[language]).glob("*.po")):
        with path.open("rb") as file:
            texts |= {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
    return texts


def language() -> str:
    """Of the request: the person's own, else a cookie, else what the browser asks for."""
    if not has_request_context():
        return "zh-CN"
    chosen = getattr(g.get("principal"), "locale", None) or request.cookies.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    asked = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh-CN")
    return "en" if asked == "en" else "zh-CN"


def t(code: str, /, **params: object) -> str:
    """The text of ``code`` in the language of the request; an unknown code stands for itself."""
    text = catalogue(language()).get(code)
    return code if text is None else text.format_map(params)


def timezone() -> ZoneInfo:
    return ZoneInfo(getattr(g.get("principal"), "timezone", "Asia/Shanghai"))


def format_moment(moment: datetime, pattern: str = "medium") -> str:
    """A moment in the person's zone and language: day and minutes."""
    local = moment.astimezone(timezone())
    return dates.format_datetime(local, _pattern(pattern), locale=_BABEL[language()])


def _pattern(name: str) -> str:
    zh = language() == "zh-CN"
    return {
        "medium": "yyyy年M月d日 HH:mm" if zh else "d MMM yyyy, HH:mm",
        "day": "yyyy年M月d日" if zh else "d MMM yyyy",
        "short": "M月d日" if zh else "d MMM",
        "time": "HH:mm",
    }[name]


def relative_day(moment: datetime, now: datetime) -> str:
    """``今天 10:20``, ``昨天``, ``3 天前``: calendar days in the person's zone."""
    zone = timezone()
    days = (now.astimezone(zone).date() - moment.astimezone(zone).date()).days
    if days < 0:
        return format_moment(moment)
    if days == 0:
        return t("time.today_at", time=format_moment(moment, "time"))
    return t("time.yesterday") if days == 1 else t("time.days_ago", days=days)
