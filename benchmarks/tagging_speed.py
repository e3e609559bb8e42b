"""How many 2 kB mails a second one core cleans and tags.

    python benchmarks/tagging_speed.py [--mails N]

The mails are the labelled sentences, three to a mail, between paragraphs of ordinary talk and
under a quoted history and a signature.
"""

import argparse
import json
import random
import time
from datetime import date
from pathlib import Path

from agent.nlp.clean import clean
from agent.nlp.tagger import Tagger

SENTENCES = Path(__file__).parents[1] / "tests/data/tagging/dev.jsonl"
TALK = (
    "您好，感谢您昨天抽空和我们见面，这次交流对我们很有帮助，我们的同事也都这么说。",
    "附件里是这次会议的照片和参会名单，请您查收，也欢迎转给其他没有到场的同事看看。",
    "最近上海一直在下雨，出门的时候记得带伞，祝您和家人一切都好，我们改天再聊。",
    "Hello, it was very nice to meet you at the fair last month and to hear about your plans.",
    "The photos of the event are attached, feel free to pass them on to whoever is interested.",
    "We moved to the new building on the other side of the river and the view is wonderful.",
)
TAIL = "\n\n祝好\n王强\n采购部 电话：010-12345678\n\n在 2026年11月20日 10:11，张三 <a@b.example> 写道：\n"
ON = date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=3_000)
    count = parser.parse_args().mails
    dice = random.Random(1)
    said = [json.loads(line)["text"] for line in SENTENCES.read_text("utf-8").splitlines()]
    mails = []
    for _ in range(count):
        lines = dice.choices(TALK, k=9) + dice.sample(said, 3)
        dice.shuffle(lines)
        quoted = "\n".join(f"> {line}" for line in dice.choices(TALK, k=7))
        mails.append("\n".join(lines) + TAIL + quoted)
    size = sum(len(mail.encode()) for mail in mails)
    tagger = Tagger()
    for mail in mails[:300]:  # import spaCy, compile what is used
        tagger.tag(clean(mail).text, on=ON)
    started = time.process_time()
    found = sum(len(tagger.tag(clean(mail).text, on=ON).tags) for mail in mails)
    took = time.process_time() - started
    print(f"{count} mails, {size / count:.0f} bytes each, {found / count:.2f} tags each")
    print(f"{count / took:.0f} mails/s, {size / took / 1e6:.2f} MB/s of one core")


if __name__ == "__main__":
    main()
