"""What is particular about the big mail providers: a code of their own instead of the password."""

_CODE_INSTEAD_OF_PASSWORD = (
    "163.com",
    "126.com",
    "yeah.net",
    "188.com",
    "netease.com",
    "qq.com",
    "foxmail.com",
    "sina.com",
    "sina.cn",
    "sohu.com",
    "139.com",
    "189.cn",
    "wo.cn",
    "aliyun.com",
    "mxhichina.com",
    "gmail.com",
    "icloud.com",
    "mail.me.com",
    "yahoo.com",
    "zoho.com",
)
"""Domains of the servers of those who want an authorisation code (授权码), called client password
or app password by some, whenever a program signs in."""


def wants_code(host: str) -> bool:
    """Does the provider behind this server refuse the password that opens the web mail?"""
    name = host.lower().rstrip(".")
    return any(name == one or name.endswith("." + one) for one in _CODE_INSTEAD_OF_PASSWORD)
