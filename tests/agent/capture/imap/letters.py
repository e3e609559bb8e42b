"""Raw mails of every shape that people, programs and enemies send."""

from base64 import b64encode
from collections.abc import Mapping
from email.message import EmailMessage

from tests.agent.capture.mails import multipart, raw_mail

_HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>您好，<b>预算</b>今年很紧张。</p>"
_PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n您好，预算今年很紧张。"
_ZIP = (
    "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.zip\r\n\r\n"
    + "UEsDBAAA" * 9
    + "\r\nUEsDBAAA"
)
_ATTACHED_MAIL = (
    "Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: old\r\n"
    "Content-Type: multipart/mixed; boundary=old\r\n\r\n--old\r\n\r\nold words\r\n--old--"
)
_ICS = "BEGIN:VCALENDAR\r\nMETHOD:{}\r\nBEGIN:VEVENT\r\nUID:1@x\r\nEND:VEVENT\r\nEND:VCALENDAR"


def _parts(kind: str, *parts: str, boundary: str = "b0", **fields: str) -> bytes:
    mail = multipart(kind, *parts, boundary=boundary)
    return raw_mail(mail.pop("body"), **{**fields, **mail})


def _inside(kind: str, *parts: str, boundary: str) -> str:
    mail = multipart(kind, *parts, boundary=boundary)
    return f"Content-Type: {mail['Content_Type']}\r\n\r\n{mail['body']}"


def _text(body: bytes, charset: str, encoding: str = "8bit") -> bytes:
    if encoding == "base64":
        body = b64encode(body)
    label = f"text/plain; charset={charset}" if charset else "text/plain"
    return raw_mail(body, Content_Type=label, Content_Transfer_Encoding=encoding)


def _library() -> bytes:
    message = EmailMessage()
    message["From"] = "张伟 <zhang@customer.example>"
    message["To"] = "李娜 <li@ours.example>, 采购 <buy@customer.example>"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0800"
    message["Message-ID"] = "<library@customer.example>"
    message["Subject"] = "关于年度框架合同和报价单的若干问题以及下一步安排" * 3
    message.set_content("第一行\n--x\n第二行\n", cte="quoted-printable")
    message.add_alternative("<p>一</p>", subtype="html")
    message.add_attachment(b"\x00\x01" * 999, maintype="image", subtype="png", filename="图.png")
    return message.as_bytes()


def _deep(levels: int) -> bytes:
    body = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(levels)
    )
    return raw_mail(
        body + f"--b{levels}\r\n\r\ndeep\r\n", Content_Type="multipart/mixed; boundary=b0"
    )


def _report(kind: str, *parts: str, **fields: str) -> bytes:
    return _parts(f"report; report-type={kind}", *parts, **fields)


_CHINESE = "报价九万，下周三前给您，王总。"

LETTERS: Mapping[str, bytes] = {
    "plain": raw_mail("您好\r\n", Message_ID="<plain@x>"),
    "plain, no content type, ascii": raw_mail("hello\r\n", Subject="hi"),
    "empty body": raw_mail("", Message_ID="<empty@x>"),
    "blank body": raw_mail(" \r\n\r\n \r\n", Message_ID="<blank@x>"),
    "lines of LF": raw_mail("您好\n世界\n").replace(b"\r\n", b"\n"),
    **{
        f"text in {charset or 'nothing'} by {encoding}": _text(
            "报价㐂九万，下周三前给您".encode("utf-8" if charset == "utf-8" else "gb18030"),
            charset,
            encoding,
        )
        for charset in ("gb2312", "gbk", "gb18030", "utf-8", "x-none", "")
        for encoding in ("8bit", "base64")
    },
    "supplementary characters": _text("𠮷野家的报价𪚥".encode("gb18030"), "gb2312"),
    "utf-8 called gb2312": _text(_CHINESE.encode(), "gb2312"),
    "gbk called utf-8": _text(_CHINESE.encode("gbk"), "utf-8"),
    "gbk called latin": _text(_CHINESE.encode("gbk"), "iso-8859-1"),
    "big5": _text("報價單請查收，謝謝".encode("big5"), "big5"),
    "utf-16": _text(_CHINESE.encode("utf-16"), "utf-16", "base64"),
    "utf-7 that does not decode": _text(b"+2AA-+///=3D", "utf-7"),
    "base64 with dirt": _text(b"5oql*5Lu3!!\r\n", "utf-8"),
    "quoted-printable": raw_mail(
        "=E6=8A=A5=E4=BB=B7=\r\n=E5=8D=95\r\n",
        Content_Type="text/plain; charset=utf-8",
        Content_Transfer_Encoding="quoted-printable",
    ),
    "uuencoded by name": raw_mail("begin 644 x\r\n", Content_Transfer_Encoding="x-uuencode"),
    "raw gb18030 header": "From: 张伟 <z@x.example>\r\nSubject: 关于预算的报价\r\n"
    "Date: Fri, 20 Nov 2026 10:00:00 +0800\r\n\r\n您好".encode("gb18030"),
    "raw utf-8 header": "From: 张伟 <z@x.example>\r\nSubject: 关于预算的报价\r\n"
    "Date: Fri, 20 Nov 2026 10:00:00 +0800\r\n\r\n您好".encode(),
    "encoded subject cut in two": raw_mail(
        Subject="=?gb2312?B?sai82w==?=\r\n =?gb2312?B?0vLL2A==?=", Message_ID="<cut@x>"
    ),
    "encoded words of two charsets": raw_mail(Subject="=?utf-8?q?=E6=8A=A5?= =?gbk?B?vNs=?="),
    "whole address field encoded": raw_mail(To="=?utf-8?Q?Zhang_=3Cz=40x.example=3E?="),
    "chinese separators": raw_mail(To="a@x.example；b@x.example，c@x.example"),
    "groups": raw_mail(To="采购组: a@x.example, b@x.example;", Bcc="undisclosed-recipients:;"),
    "five hundred people": raw_mail(To=",\r\n ".join(f"p{n}@x.example" for n in range(600))),
    "hostile address": raw_mail(To="((((, <a@b>; :;,"),
    "no message id": raw_mail("您好 世界", To="a@x.example"),
    "no message id, other": raw_mail("您好 朋友", To="a@x.example"),
    "message id without brackets": raw_mail(Message_ID="bare@x.example"),
    "message id of kilobytes": raw_mail(Message_ID=f"<{'m' * 900}@x.example>"),
    "no date": raw_mail(Date="", Message_ID="<nodate@x>"),
    "no date but received": raw_mail(
        Date="", Received="from a by b; Fri, 20 Nov 2026 09:00:00 +0800", From="r@x.example"
    ),
    "impossible date": raw_mail(
        Date="Fri, 99 Nov 2026", Received="by b; Fri, 20 Nov 2026 09:00:00 +0800"
    ),
    "iso date": raw_mail(Date="2026-11-20T10:00:00+08:00", Message_ID="<iso@x>"),
    "answer": raw_mail(In_Reply_To="<1@x>", References="<0@x> <1@x>", Message_ID="<2@x>"),
    "private with categories": raw_mail(Sensitivity="Private", Keywords="A类, 重点"),
    "unsent": raw_mail(X_Unsent="1", Message_ID="<unsent@x>"),
    "auto reply": raw_mail("我在休假", Auto_Submitted="auto-replied", Message_ID="<auto@x>"),
    "auto reply of qq": raw_mail("这是来自QQ邮箱的假期自动回复邮件。\r\n您好，我最近正在休假中。"),
    "newsletter": raw_mail(List_Unsubscribe="<mailto:u@x.example>", List_Id="<news.x.example>"),
    "alternative": _parts("alternative", _PLAIN, _HTML, Message_ID="<alt@x>"),
    "alternative, html first": _parts("alternative", _HTML, _PLAIN),
    "alternative, blank plain": _parts(
        "alternative", "Content-Type: text/plain\r\n\r\n \r\n ", _HTML, Message_ID="<blankalt@x>"
    ),
    "html only": raw_mail("<p>您好</p>", Content_Type="text/html; charset=utf-8"),
    "html that names its charset": raw_mail(
        '<meta charset="gbk"><p>报价单</p>'.encode("gbk"), Content_Type="text/html"
    ),
    "text beside html": _parts("mixed", _HTML, "Content-Type: text/plain\r\n\r\n<footer>"),
    "mixed with attachments": _parts("mixed", _PLAIN, _ZIP, _ATTACHED_MAIL, Message_ID="<att@x>"),
    "mixed of alternative of related": _parts(
        "mixed",
        _inside(
            "alternative",
            _PLAIN,
            _inside("related", _HTML, "Content-Type: image/png\r\n\r\nxx", boundary="b2"),
            boundary="b1",
        ),
        _ZIP,
        boundary="b0",
        Message_ID="<nested@x>",
    ),
    "two alternatives": _parts(
        "mixed",
        _inside("alternative", _PLAIN, _HTML, boundary="b1"),
        _inside("alternative", _PLAIN.replace("您好", "再见"), _HTML, boundary="b2"),
    ),
    "text attachment": _parts(
        "mixed",
        _PLAIN,
        'Content-Type: text/plain; name="=?gb2312?B?sai82y50eHQ=?="\r\n'
        "Content-Disposition: attachment\r\n\r\nsecret",
    ),
    "named text in line": _parts(
        "mixed", _PLAIN, 'Content-Type: text/plain; name="notes.txt"\r\n\r\nmore words'
    ),
    "names in pieces": _parts(
        "mixed",
        _PLAIN,
        "Content-Type: application/pdf;\r\n name*0*=utf-8''%E6%8A%A5;\r\n name*1*=%E4%BB%B7;"
        "\r\n name*2=.pdf\r\n\r\nx",
    ),
    "raw name": _parts("mixed", _PLAIN, 'Content-Type: image/png; name="报价 图.png"\r\n\r\nx'),
    "name with quotes and path": _parts(
        "mixed",
        _PLAIN,
        'Content-Disposition: attachment; filename="..\\\\C:/x/\\"evil\\".exe"\r\n\r\nx',
    ),
    "only an attachment": raw_mail(
        b64encode(b"%PDF" * 30),
        Content_Type='application/pdf; name="a.pdf"',
        Content_Transfer_Encoding="base64",
        Message_ID="<pdf@x>",
    ),
    "attached mail alone": raw_mail(
        "From: x@y.example\r\nSubject: in\r\n\r\nwords", Content_Type="message/rfc822"
    ),
    "digest": _parts("digest", "\r\nFrom: a@x.example\r\nSubject: one\r\n\r\none"),
    "signed": _parts(
        "signed; protocol=application/pkcs7-signature",
        _PLAIN,
        "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIAG",
    ),
    "invitation": _parts(
        "alternative",
        _PLAIN,
        "Content-Type: text/calendar; method=request\r\n\r\n" + _ICS.format("REQUEST"),
        Message_ID="<inv@x>",
    ),
    "invitation without parameter": _parts(
        "alternative", _PLAIN, "Content-Type: text/calendar\r\n\r\n" + _ICS.format("CANCEL")
    ),
    "calendar answer alone": raw_mail(
        _ICS.format("REPLY"), Content_Type="text/calendar; method=REPLY", Message_ID="<rep@x>"
    ),
    "bounce": _report(
        "delivery-status",
        "Content-Type: text/plain\r\n\r\nfailed",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; Gone@x.example\r\nAction: failed\r\n\r\n"
        "Final-Recipient: rfc822; slow@x.example\r\nAction: delayed\r\n",
        "Content-Type: message/rfc822\r\n\r\nFrom: li@ours.example\r\n\r\nmy words",
        X_Failed_Recipients="other@x.example",
        Message_ID="<bounce@x>",
    ),
    "bounce with headers only": _report(
        "delivery-status",
        "Content-Type: text/plain\r\n\r\n退信",
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nFrom: li@ours.example\r\n",
        Auto_Submitted="auto-replied",
    ),
    "read receipt": _report(
        "disposition-notification",
        "Content-Type: text/plain\r\n\r\nread",
        "Content-Type: message/disposition-notification\r\n\r\nDisposition: manual; displayed",
    ),
    "the library's own": _library(),
    "boundary that is not there": raw_mail("您好", Content_Type="multipart/mixed; boundary=zz"),
    "boundary not named": raw_mail("您好", Content_Type="multipart/mixed"),
    "never closed": raw_mail(
        "--b\r\n\r\n前半\r\n--b\r\n\r\n后半", Content_Type="multipart/mixed; boundary=b"
    ),
    "cut before the first part": raw_mail(
        "preamble\r\n--b", Content_Type="multipart/mixed; boundary=b"
    ),
    "boundary with spaces": _parts("mixed", _PLAIN, _ZIP, boundary="a b c"),
    "boundary like another's beginning": _parts(
        "mixed", _inside("alternative", _PLAIN, _HTML, boundary="bb"), boundary="b"
    ),
    "unknown type": raw_mail("words", Content_Type="words"),
    "two content types": raw_mail("<p>x</p>", Content_Type="text/plain").replace(
        b"Content-Type", b"Content-Type: text/html\r\nContent-Type", 1
    ),
    "parameter in pieces with letters": raw_mail(
        "您好", Content_Type="text/plain; charset*0=utf; charset*x=8"
    ),
    "thirty levels": _deep(30),
    "hundred levels": _deep(100),
    "seven hundred parts": _parts("mixed", *["\r\nx"] * 700),
    "forty texts": _parts(
        "mixed", *[f"Content-Type: text/plain\r\n\r\n第{n}段" for n in range(40)]
    ),
    "text of 200 kB": raw_mail("字" * 70_000, Content_Type="text/plain; charset=utf-8"),
    "text of 2 MB": raw_mail("字" * 700_000, Content_Type="text/plain; charset=utf-8"),
    "page with a picture of 400 kB": raw_mail(
        f'<img src="data:image/png;base64,{"iVBORw0KGgo/" * 33_000}"><p>预算</p>',
        Content_Type="text/html; charset=utf-8",
    ),
    "leading blank lines": b"\r\n\r\n" + raw_mail("您好", Message_ID="<lead@x>"),
    "byte order mark": b"\xef\xbb\xbf" + raw_mail("您好", Message_ID="<bom@x>"),
    "envelope line": b"From a@x Fri Nov 20 10:00:00 2026\r\n" + raw_mail("您好"),
    "header without end": b"From: a@x.example\r\nSubject: x\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800",
    "line without colon": raw_mail("您好").replace(b"Subject", b"nonsense here\r\nSubject", 1),
    "no header": "会议记录：明天见".encode(),
    "no field of a mail": b"X-Only: this\r\n\r\nwords",
    "white space": b" \r\n \r\n",
}
