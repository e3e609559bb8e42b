"""What the title of a calendar entry tells beside its data."""

import re
from datetime import datetime, timedelta

_CANCELLED = re.compile(
    r"\s*[\[【(（]?(?:已取消|取消|cancel+ed|cancel+ed event)[\]】)）]?\s*(?:的?(?:会议|活动))?\s*[:：\-—\]】]",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"休假|年假|请假|事假|病假|产假|调休|放假|假期|春节|国庆节?|元旦|中秋|端午|清明|劳动节|五一|生日|纪念日|值班|不在办公室"
    r"|\b(?:OOO|OOTO|out of (?:the )?office|vacation|annual leave|on leave|PTO|day off|public holiday|bank holiday|holidays?|birthday|anniversary|sick leave|parental leave|on[- ]call)\b",
    re.IGNORECASE,
)
_WHOLE_DAY = timedelta(hours=23)


def tells_cancelled(title: str) -> bool:
    """``已取消: …``, ``Canceled: …``: how calendars mark what is not held."""
    return _CANCELLED.match(title) is not None


def tells_absence(title: str, start: datetime, end: datetime | None) -> bool:
    """A whole day entered to tell others of leave or a holiday; nobody meets."""
    return end is not None and end - start >= _WHOLE_DAY and _ABSENCE.search(title) is not None
