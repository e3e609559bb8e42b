"""The sample team of the extension's tests: three customers, one of them long not contacted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.standin import Team

HUARUI = 12
NORTHSTAR = 13
LANTIAN = 14


def fill(team: Team) -> None:
    team.customers = {one["id"]: one for one in (_huarui(), _northstar(), _lantian())}
    team.reminders = [
        reminder(101, HUARUI, "苏州华锐智能装备有限公司", 9),
        reminder(102, LANTIAN, "蓝天物流", 16, level="manager"),
    ]
    team.cards = {
        HUARUI: {
            "id": HUARUI,
            "name": "苏州华锐智能装备有限公司",
            "stage": "negotiation",
            "owner": "张磊",
            "last_contacted_at": ago(9),
            "last_contacted": {
                "activity_id": "5f0c3f8e-6f0c-5c55-9d5e-0a4f9d6b8c11",
                "kind": "call",
                "direction": "outbound",
                "by": "张磊",
                "grade": "connected",
            },
            "tags": [
                tag("price_objection", "你们的报价比另一家高出百分之十五左右。", 9),
                tag("competitor", "另一家上周已经把样机送过来了。", 9, status="reported"),
                tag("next_step", "下周三前把新的报价发给您。", 9, speaker="rep"),
                tag("timeline", "产线要赶在春节前投产。", 23),
            ],
            "open_reminders": [reminder(101, HUARUI, "苏州华锐智能装备有限公司", 9)],
        },
        NORTHSTAR: {
            "id": NORTHSTAR,
            "name": "North Star Trading",
            "stage": "proposal",
            "owner": "Mia Chen",
            "last_contacted_at": ago(1),
            "last_contacted": {
                "activity_id": "7b8f1f5e-6f0c-5c55-9d5e-0a4f9d6b8c12",
                "kind": "mail",
                "direction": "inbound",
                "by": "Mia Chen",
                "grade": "two_way",
            },
            "tags": [
                tag("budget", "We have nothing left in this year’s budget.", 1),
                tag("decision_maker", "Our CFO signs anything above fifty thousand.", 6),
            ],
            "open_reminders": [],
        },
        LANTIAN: {
            "id": LANTIAN,
            "name": "蓝天物流",
            "stage": "lead",
            "owner": "张磊",
            "last_contacted_at": None,
            "last_contacted": None,
            "tags": [],
            "open_reminders": [reminder(102, LANTIAN, "蓝天物流", 16, level="manager")],
        },
    }


_STARTED = datetime.now(UTC)
"""One moment for all, so that what was said in one call stays in its order."""


def ago(days: int) -> str:
    return (_STARTED - timedelta(days=days)).isoformat()


def reminder(
    number: int, customer: int, name: str, days: int, *, level: str = "owner"
) -> dict[str, Any]:
    return {
        "id": number,
        "customer_id": customer,
        "customer": name,
        "owner": "张磊",
        "level": level,
        "state": "open",
        "due_at": ago(days - 7),
        "days_without_contact": days,
        "last_contacted_at": ago(days),
        "snoozed_until": None,
    }


def tag(
    category: str, text: str, days: int, *, status: str = "asserted", speaker: str = "customer"
) -> dict[str, Any]:
    return {
        "category": category,
        "status": status,
        "text": text,
        "speaker": speaker,
        "at": ago(days),
    }


def _huarui() -> dict[str, Any]:
    return {
        "id": HUARUI,
        "name": "苏州华锐智能装备有限公司",
        "aliases": ["华锐"],
        "domains": ["huarui.example"],
        "phones": ["+8651267891234"],
        "stage": "negotiation",
        "owner": "张磊",
        "contacts": [
            {
                "id": 31,
                "name": "王敏",
                "title": "采购经理",
                "emails": ["wangmin@huarui.example"],
                "phones": ["+8613800138000"],
            }
        ],
    }


def _northstar() -> dict[str, Any]:
    return {
        "id": NORTHSTAR,
        "name": "North Star Trading",
        "aliases": [],
        "domains": ["northstar.example"],
        "phones": [],
        "stage": "proposal",
        "owner": "Mia Chen",
        "contacts": [
            {
                "id": 32,
                "name": "Ann Berg",
                "title": "Head of purchasing",
                "emails": ["ann.berg@northstar.example"],
                "phones": ["+12127365000"],
            }
        ],
    }


def _lantian() -> dict[str, Any]:
    return {
        "id": LANTIAN,
        "name": "蓝天物流",
        "aliases": [],
        "domains": [],
        "phones": [],
        "stage": "lead",
        "owner": "张磊",
        "contacts": [],
    }
