"""An audit in words and numbers."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agent.cli.wording import clock_time, printable, sentence

MAX_FOLDERS = 20


def lines_of(
    report: Mapping[str, Any], *, days: int | None, now: datetime, **facts: object
) -> Iterator[str]:
    """For each source the verdict, the equation, its folders, and what to do."""
    if report.get("fault"):
        yield sentence(report["fault"], **facts)
    if days is not None:
        yield sentence("audit_days", days=days)
    for name, source in report["sources"].items():
        yield from _of_source(name, source, now, facts)


def _of_source(
    name: str, source: Mapping[str, Any], now: datetime, facts: Mapping[str, object]
) -> Iterator[str]:
    if source["audited"]:
        verdict = "audit_complete" if source["complete"] else "audit_incomplete"
        yield _said(verdict, name, at=clock_time(source["audited_at"], now), told=_told(source))
    else:
        yield _said("audit_not_done", name, told=_told(source))
        if source["message"]:
            yield _inside(sentence(source["message"], **{**facts, "source": name}))
        if source["retry_at"]:
            yield _inside(sentence("asked_to_wait", at=clock_time(source["retry_at"], now)))
    yield _inside(sentence("audit_equation", **_sums(source)))
    folders = source["folders"]
    if len(folders) > 1:
        for folder, counts in sorted(folders.items(), key=_largest_first)[:MAX_FOLDERS]:
            shown = printable(folder) if folder else sentence("audit_no_folder")
            yield _inside(sentence("audit_folder", folder=shown, told=_told(counts)))
        if len(folders) > MAX_FOLDERS:
            yield _inside(sentence("audit_more_folders", count=len(folders) - MAX_FOLDERS))
    if source["unexplained"]:
        items = ", ".join(printable(item) for item in source["unexplained_items"])
        more = ", …" if source["unexplained"] > len(source["unexplained_items"]) else ""
        yield _inside(sentence("audit_unexplained", count=_n(source["unexplained"])))
        yield _inside(f"{items}{more}")
    if source["gone"]:
        yield _inside(sentence("audit_gone", count=_n(source["gone"])))
    if source["unproven"]:
        yield _inside(sentence("audit_unproven", count=_n(source["unproven"])))


def _said(code: str, name: str, **params: object) -> str:
    return sentence(code, source=printable(name), **params)


def _inside(line: str) -> str:
    return f"  {line}"


def _largest_first(item: tuple[str, Mapping[str, Any]]) -> tuple[int, str]:
    return -item[1]["seen"], item[0]


def _told(counts: Mapping[str, Any]) -> str:
    """``268 seen, 221 stored, 47 excluded: 30 internal, 12 newsletter, 5 private``."""
    excluded = counts["excluded"]
    told = sentence(
        "audit_counts",
        seen=_n(counts["seen"]),
        stored=_n(counts["stored"]),
        excluded=_n(sum(excluded.values())),
    )
    if excluded:
        by_rule = sentence("list_comma").join(
            sentence("audit_by_rule", count=_n(number), rule=sentence(f"rule_{rule}"))
            for rule, number in excluded.items()
        )
        told = sentence("audit_excluded_by", told=told, rules=by_rule)
    for state in ("pending", "quarantined"):
        if counts[state]:
            told += sentence("list_semicolon") + sentence(f"audit_{state}", count=_n(counts[state]))
    return told


def _sums(source: Mapping[str, Any]) -> dict[str, str]:
    return {
        "seen": _n(source["seen"]),
        "stored": _n(source["stored"]),
        "excluded": _n(sum(source["excluded"].values())),
        "pending": _n(source["pending"]),
        "quarantined": _n(source["quarantined"]),
        "unexplained": _n(source["unexplained"]),
    }


def _n(number: int) -> str:
    return f"{number:,}"
