"""How the mail programs people really use write: charsets, quoting blocks, prefixes, signatures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from demo.company.model import Client, Locale

_WEEKDAY = ("一", "二", "三", "四", "五", "六", "日")
_WEEKDAY_EN = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
_MONTH_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What an answer says about the mail it answers; ``when`` in the zone of who answers."""

    name: str
    email: str
    to: str
    cc: str
    subject: str
    when: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    prefix: str
    charset: str
    """As declared. What is declared gb2312 or GBK is written in gb18030, as these programs do."""
    cte: str
    mailer: tuple[str, str] | None
    """The header that names the program."""
    has_html: bool
    quote: Callable[[Quoted], str]
    """The block above the quoted text, which itself follows."""
    marks: bool = False
    """Quoted lines begin with ``> ``."""


def date_zh(when: datetime) -> str:
    return f"{when.month}月{when.day}日"


def date_en(when: datetime) -> str:
    return f"{when.day} {_MONTH_EN[when.month - 1]}"


def _half_day(when: datetime) -> str:
    return f"{'上午' if when.hour < 12 else '下午'}{(when.hour - 1) % 12 + 1}:{when:%M}"


def _clock_en(when: datetime) -> str:
    return f"{(when.hour - 1) % 12 + 1}:{when:%M} {'AM' if when.hour < 12 else 'PM'}"


def _long_zh(when: datetime) -> str:
    return f"{when.year}年{date_zh(when)}"


def _outlook_zh(q: Quoted) -> str:
    cc = f"抄送: {q.cc}\n" if q.cc else ""
    return (
        f"发件人: {q.name} <{q.email}>\n发送时间: {_long_zh(q.when)} {q.when.hour}:{q.when:%M}\n"
        f"收件人: {q.to}\n{cc}主题: {q.subject}"
    )


def _outlook_en(q: Quoted) -> str:
    cc = f"Cc: {q.cc}\n" if q.cc else ""
    weekday = _WEEKDAY_EN[q.when.weekday()]
    day = f"{weekday}, {_MONTH_EN[q.when.month - 1]} {q.when.day}, {q.when.year}"
    return (
        f"From: {q.name} <{q.email}>\nSent: {day} {_clock_en(q.when)}\n"
        f"To: {q.to}\n{cc}Subject: {q.subject}"
    )


def _foxmail(q: Quoted) -> str:
    cc = f"抄送： {q.cc}\n" if q.cc else ""
    return (
        f"发件人： {q.name}\n发送时间： {q.when:%Y-%m-%d %H:%M}\n"
        f"收件人： {q.to}\n{cc}主题： {q.subject}"
    )


def _netease(q: Quoted) -> str:
    return f'在 {q.when:%Y-%m-%d %H:%M:%S}，"{q.name}" <{q.email}> 写道：'


def _qq(q: Quoted) -> str:
    day = f"{_long_zh(q.when)}(星期{_WEEKDAY[q.when.weekday()]}) {_half_day(q.when)}"
    return (
        "------------------ 原始邮件 ------------------\n"
        f'发件人: "{q.name}" <{q.email}>;\n发送时间: {day}\n收件人: {q.to};\n\n主题: {q.subject}'
    )


def _gmail(q: Quoted) -> str:
    if not q.name.isascii() or not q.to.isascii():
        day = f"{_long_zh(q.when)}周{_WEEKDAY[q.when.weekday()]}"
        return f"{q.name} <{q.email}> 于{day} {q.when:%H:%M}写道："
    month = _MONTH_EN[q.when.month - 1][:3]
    day = f"{_WEEKDAY_EN[q.when.weekday()][:3]}, {month} {q.when.day}, {q.when.year}"
    return f"On {day} at {_clock_en(q.when)} {q.name} <{q.email}> wrote:"


def _thunderbird(q: Quoted) -> str:
    return f"On {q.when:%d/%m/%Y %H:%M}, {q.name} wrote:"


_OUTLOOK = ("X-Mailer", "Microsoft Outlook 16.0")
_PROGRAMS: dict[Client, Program] = {
    "outlook_zh": Program(
        prefix="答复: ",
        charset="gb2312",
        cte="base64",
        mailer=_OUTLOOK,
        has_html=True,
        quote=_outlook_zh,
    ),
    "outlook_en": Program(
        prefix="RE: ",
        charset="utf-8",
        cte="quoted-printable",
        mailer=_OUTLOOK,
        has_html=True,
        quote=_outlook_en,
    ),
    "foxmail": Program(
        prefix="Re: ",
        charset="gb18030",
        cte="base64",
        mailer=("X-Mailer", "Foxmail 7.2.25.245[cn]"),
        has_html=True,
        quote=_foxmail,
    ),
    "netease": Program(
        prefix="Re:",
        charset="GBK",
        cte="base64",
        mailer=("X-Mailer", "Coremail Webmail Server Version 2026.1-cmXT5"),
        has_html=True,
        quote=_netease,
    ),
    "qq": Program(
        prefix="回复：",
        charset="gb18030",
        cte="base64",
        mailer=("X-Mailer", "QQMail 2.x"),
        has_html=True,
        quote=_qq,
    ),
    "gmail": Program(
        prefix="Re: ",
        charset="utf-8",
        cte="quoted-printable",
        mailer=None,
        has_html=True,
        quote=_gmail,
        marks=True,
    ),
    "thunderbird": Program(
        prefix="Re: ",
        charset="utf-8",
        cte="8bit",
        mailer=("User-Agent", "Mozilla Thunderbird"),
        has_html=False,
        quote=_thunderbird,
        marks=True,
    ),
}


def program(client: Client, language: Locale) -> Program:
    """Our own people write with Outlook, in the language of the customer."""
    if client != "own":
        return _PROGRAMS[client]
    zh = language == "zh"
    return Program(
        prefix="回复: " if zh else "Re: ",
        charset="utf-8",
        cte="base64" if zh else "quoted-printable",
        mailer=_OUTLOOK,
        has_html=True,
        quote=_outlook_zh if zh else _outlook_en,
    )


def quote(using: Program, quoted: Quoted) -> str:
    """Attribution and quoted text as they stand in the plain part."""
    lines = quoted.text.split("\n")
    body = "\n".join(f"> {line}".rstrip() for line in lines) if using.marks else quoted.text
    return f"{using.quote(quoted)}\n\n{body}"


def html(client: Client, own: str, quoted: str, *, logo: str | None) -> str:
    """The HTML alternative in the manner of the program. ``logo``: content id of an image."""
    image = f'<p><img width="96" height="24" src="cid:{logo}" alt="logo"></p>' if logo else ""
    match client:
        case "gmail":
            head, _, rest = quoted.partition("\n\n")
            back = (
                f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{_lines(head)}<br></div>'
                f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;'
                f'padding-left:1ex">{_lines(rest.replace("> ", "").replace(">", ""))}</blockquote></div>'
            )
            return f'<div dir="ltr">{_lines(own)}</div>{image}{back if quoted else ""}'
        case "netease":
            head, _, rest = quoted.partition("\n\n")
            back = (
                f'<p>{_lines(head)}</p><blockquote id="isReplyContent">{_lines(rest)}</blockquote>'
            )
            style = "line-height:1.7;color:#000000;font-size:14px;font-family:Arial"
            return f'<div style="{style}">{_lines(own)}{image}{back if quoted else ""}</div>'
        case "qq":
            back = f'<div style="font-size: 12px;background:#efefef;padding:8px;">{_lines(quoted)}</div>'
            return f"<div>{_lines(own)}</div>{image}{back if quoted else ''}"
        case "foxmail":
            back = (
                '<hr style="width: 210px; height: 1px;" color="#b5c4df" size="1" align="left">'
                f'<blockquote style="margin-left: 0.5em;"><div style="border-top:solid #B5C4DF 1.0pt">'
                f"{_lines(quoted)}</div></blockquote>"
            )
            return (
                f"<html><body><div>{_lines(own)}</div>{image}{back if quoted else ''}</body></html>"
            )
        case _:
            back = (
                '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
                f"{_paragraphs(quoted)}</div>"
            )
            return (
                '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
                "<style>p.MsoNormal{margin:0cm;font-size:10.5pt}</style></head><body>"
                f'<div class="WordSection1">{_paragraphs(own)}{image}{back if quoted else ""}</div>'
                "</body></html>"
            )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\r\n")


def _paragraphs(text: str) -> str:
    return "".join(
        f'<p class="MsoNormal">{escape(line) or "<o:p>&nbsp;</o:p>"}</p>\r\n'
        for line in text.split("\n")
    )
