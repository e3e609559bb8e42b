"""What can be wrong with a pattern of ``Exclusions``: it would exclude nothing, or everything."""

import re

_WILD = re.compile(r"[*?\[]")


def fault_of(key: str, pattern: str) -> str | None:
    """The code of what is wrong with one pattern of ``Exclusions``, or None."""
    bare = pattern.strip()
    if not bare:
        return "config_exclusion_blank"
    if not bare.strip("*?./@ "):
        return "config_exclusion_of_everything"
    if key == "exclude" and "@" not in bare and "." not in bare and not _WILD.search(bare):
        return "config_exclusion_no_address"
    if key == "exclude_domains" and "@" in bare.lstrip("@"):
        return "config_exclusion_no_domain"
    return None
