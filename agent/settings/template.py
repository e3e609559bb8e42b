"""The configuration a new laptop starts with."""

import stat
from pathlib import Path

_TEXT = """\
[server]
url = "{url}"

[privacy]
# 这些永远不会离开本机 / these never leave this computer
exclude = []               # 地址或域名 / addresses, domains: "hr@*", "bank.example"
# exclude_folders = ["私人"]
# exclude_subjects = ["工资"]
# exclude_categories = ["人事"]
# exclude_domains = ["law.example"]

# 来源：去掉行首的 # 即可启用 / sources: remove the # to use one
#
# 密码不写在这里，登录时询问 / no passwords here; they are asked for by: genjin agent sign-in
#
# [sources.mail]             # IMAP：QQ、腾讯企业邮、163 … / any IMAP mailbox
# type = "imap"
# host = "imap.exmail.qq.com"
# username = "li@example.com"
#
# [sources.office]           # 公司自建的 Exchange / Exchange of your company's own
# type = "exchange"
# endpoint = "https://mail.example.com/EWS/Exchange.asmx"
# username = "li@example.com"
#
# [sources.m365]             # Microsoft 365
# type = "graph"
# tenant = "example.com"
# client_id = "00000000-0000-0000-0000-000000000000"
#
# [sources.dropped]          # 文件夹里的邮件 / mail files in a folder
# type = "mailfiles"
# path = "~/Dropped mail"
#
# [sources.meetings]         # 文件夹里的日历 / calendar files in a folder
# type = "calendarfiles"
# path = "~/Calendars"
#
# [sources.calls]
# type = "recordings"
# path = "~/Recordings"
#
# [sources.notes]
# type = "notes"
# path = "~/Notes"
"""


def new_config(file: Path, url: str) -> None:
    """Write a first configuration; ``file`` must not exist. ``url`` is a checked address."""
    file.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as out:
        out.write(_TEXT.format(url=url.replace("\\", "").replace('"', "")))
