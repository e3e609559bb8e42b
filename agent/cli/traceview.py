"""What happened to an item, in sentences."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agent.cli.wording import clock_time, printable, sentence


def lines_of(report: Mapping[str, Any], *, now: datetime) -> Iterator[str]:
    if not report["found"]:
        yield from _not_found(report, now)
        return
    for number, item in enumerate(report["found"]):
        if number:
            yield ""
        yield from _item(item, now)
    if report["more"]:
        yield sentence("show_more", count=report["more"])


def _not_found(report: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield sentence("show_not_found", wanted=printable(report["wanted"]))
    for name, source in report["sources"].items():
        if source["complete_to"]:
            yield "  " + sentence(
                "show_complete", source=printable(name), at=clock_time(source["complete_to"], now)
            )
        else:
            state = sentence(f"state_{source['state']}")
            yield "  " + sentence("show_not_complete", source=printable(name), state=state)
        if source["pending"] or source["unexplained"]:
            yield "  " + sentence(
                "show_open", pending=source["pending"], unexplained=source["unexplained"]
            )
    if not report["sources"]:
        yield "  " + sentence("show_no_sources")
    if report["forgotten"]:
        yield "  " + sentence("show_forgotten_some", count=report["forgotten"])


def _item(item: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield _verdict(item)
    if item["occurred_at"]:
        kind = sentence(f"kind_{item['kind']}") if item["kind"] else sentence("kind_unknown")
        yield "  " + sentence("show_kind", kind=kind, at=clock_time(item["occurred_at"], now))
    for seen in item["seen"]:
        folder = sentence("show_folder", folder=printable(seen["folder"])) if seen["folder"] else ""
        code = "show_seen_gone" if seen["gone"] else "show_seen"
        yield "  " + sentence(
            code,
            source=printable(seen["source"]),
            item=printable(seen["item"]),
            folder=folder,
            at=clock_time(seen["at"], now),
        )
    if not item["explained"] and item["state"] in ("stored", "excluded"):
        yield "  " + sentence("show_unexplained_yet")
    yield from _customer(item)
    yield from _decisions(item)
    yield from _sending(item, now)
    if item["activity_id"]:
        yield "  " + sentence("show_activity", id=item["activity_id"])


def _verdict(item: Mapping[str, Any]) -> str:
    state = item["state"]
    if state == "excluded":
        rule = sentence(f"rule_{item['rule']}")
        return sentence(
            f"show_excluded{'_because' if _why(item) else ''}", rule=rule, why=_why(item)
        )
    if state == "stored":
        return sentence("show_stored")
    return sentence(f"show_{state}", why=sentence(item["code"]))


def _why(item: Mapping[str, Any]) -> str:
    """The evidence of the rule, in words."""
    evidence = printable(item["evidence"])
    if not evidence:
        return ""
    match item["rule"]:
        case "internal":
            return sentence("evidence_internal", count=evidence)
        case "unknown_customer":
            return sentence("evidence_unknown_customer", count=evidence)
        case "private":
            return sentence("evidence_private", mark=evidence)
        case "newsletter" | "draft":
            return sentence("evidence_header", header=evidence)
        case _:
            return sentence("evidence_pattern", pattern=evidence)


def _customer(item: Mapping[str, Any]) -> Iterator[str]:
    found = item["customer"]
    if found is None:
        return
    yield "  " + sentence(
        "show_customer",
        customer=_name(found),
        why=sentence(f"match_{found['why']}"),
        percent=round(found["confidence"] * 100),
    )
    for other in found["alternatives"]:
        yield "    " + sentence(
            "show_alternative",
            customer=_name(other),
            why=sentence(f"match_{other['why']}"),
            percent=round(other["confidence"] * 100),
        )
    for other in item["also"]:
        yield "    " + sentence("show_also", customer=_name(other))


def _name(customer: Mapping[str, Any]) -> str:
    return printable(customer["name"]) or f"#{customer['id']}"


def _decisions(item: Mapping[str, Any]) -> Iterator[str]:
    contact = item["contact"]
    if contact is not None:
        code = "show_counts" if contact["counts"] else "show_counts_not"
        proof = f" ({printable(contact['evidence'])})" if contact["evidence"] else ""
        yield "  " + sentence(code, reason=sentence(f"reason_{contact['reason']}")) + proof
    masked = item["masked"]
    if masked and any(masked.values()):
        yield "  " + sentence("show_masked", **masked)
    if item["body"] in ("excerpt", "tags"):
        yield "  " + sentence(f"show_body_{item['body']}")
    recording = item["recording"]
    if recording is not None:
        why = f" {sentence(recording['code'])}" if recording["code"] else ""
        yield "  " + sentence(f"show_recording_{recording['state']}") + why


def _sending(item: Mapping[str, Any], now: datetime) -> Iterator[str]:
    for sent in item["sent"]:
        at = sent["settled_at"] or sent["queued_at"]
        line = sentence(
            f"show_sent_{sent['state']}", revision=sent["revision"], at=clock_time(at, now)
        )
        answer = f" {sentence(sent['answer'])}" if sent["answer"] else ""
        yield f"  {line}{answer}"
    if item["state"] == "stored" and not item["sent"]:
        yield "  " + sentence("show_sent_elsewhere")
