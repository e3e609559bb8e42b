import pytest

from agent.nlp.speech.mend import mend

pytest.importorskip("opencc", reason="the extra speech is not installed")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("我們的預算沒有問題,對嗎?", "我们的预算没有问题，对吗？"),
        (" 好的 , 谢谢. ", "好的，谢谢。"),
        ("首付百分之三十,账期九十天.", "首付30%，账期90天。"),
        ("一共3,000元,10:30开会", "一共3,000元，10:30开会"),
        ("发到li@example.com,谢谢", "发到li@example.com，谢谢"),
        ("打 ８ 折 OK吗?", "打8折OK吗？"),
        ("我们用 Salesforce CRM 对比", "我们用Salesforce CRM对比"),
        ("张总您好 做个回访", "张总您好，做个回访"),
        ("大概20%.", "大概20%。"),
    ],
)
def test_chinese_as_people_write_it(raw: str, text: str) -> None:
    assert mend(raw, "zh") == text


def test_english_is_only_trimmed() -> None:
    assert mend("  Hello,  we need 3,000. ", "en") == "Hello, we need 3,000."
