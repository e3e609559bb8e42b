"""The configuration a new laptop starts with."""

import stat
from pathlib import Path

_TEXT = """\
[server]
url = "{url}"

[privacy]
# 这些地址永远不会离开本机 / never leaves this computer
exclude = []

# 来源：去掉行首的 # 即可启用 / sources: remove the # to use one
#
# [sources.mail]
# type = "mailfiles"
# path = "~/Dropped mail"
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
