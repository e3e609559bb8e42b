"""Does a rep's note say that a conversation with the customer took place?

Clause by clause. A talk that is told counts; one that is planned, wished, denied, somebody else's
or among ourselves does not. An attempt (called, went there) counts unless the next clause says
that nobody was reached.
"""

import re
from collections.abc import Iterator

_CLAUSE = re.compile(r"(?:[^。！？!?\n;；，,.：:—]|[.:](?=\S))+[。！？!?\n;；，,.：:—]?")
_TURN = re.compile(
    r"(?=\b(?:but|then|however)\b|但是?|不过|不過| - |后来|後來|随后|结果)", re.IGNORECASE
)
_GOES_ON = ("，", ",", "：", ":", "—")
"""Ends of a clause after which the sentence goes on."""
_MAX_CLAUSES = 400
_SURNAME = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜刘林徐高罗宋谢唐董袁邓傅苏卢丁杜潘汪范石贾夏方任姚彭郭黄梁马胡曾田余叶程蔡崔薛侯邹熊孟龙万段雷钟尹"
_THEIRS = rf"(?:客户|客戶|对方|對方|甲方|采购|老板|他们?|她们?|[{_SURNAME}][\u4e00-\u9fff]{{0,2}}(?:总|工|经理|經理|老师|主任|部长|科长|先生|女士|姐|哥|厂长|院长|所长|处长|局长|书记))"

_TALK = re.compile(
    r"(?:打|通|聊|谈|聊)完|评审(?:了|过|完)|讨论(?:了|过|完)|商量(?:了|过|好)|商定|敲定|约定|已(?:经)?(?:当面|电话|微信|跟|和|与)[^，。]{0,10}(?:联系|沟通|告知|回访|确认|说明)|面谈|面談|见面|見面|会面|碰(?:了|过)?(?:个|一)?(?:面|头)|见到了?|见了|见过|沟通(?:了|过|完|，|,|。|$|确认|顺利|好)|溝通|聊(?:了|过|到|完|得|起|天)|谈(?:了|过|到|妥|完|得|判了|好)|談(?:了|過|到)|通(?:了|过)(?:个|一个|次|一次)?(?:电话|话|視訊|视频)|电话(?:里|中|沟通|确认|回访|聊|告知|说|会议|交流)|電話(?:裡|中|溝通)"
    r"|微信(?:上|里)?(?:沟通|聊|回复|问|说|确认|答复|联系了|交流)|微信上|回访(?:了|过|完)?|演示(?:了|过|完)|培训(?:了|过|完)|开(?:了|过|完)[^，。]{0,10}会|会上|会后|交流(?:了|过|完|，|会)|请[^，。]{0,8}吃(?:了)?(?:个|顿)?饭|(?:一起|陪[^，。]{0,6})吃(?:了)?(?:个|顿)?(?:午|晚)?饭|陪同?[^，。]{0,10}(?:参观|考察)(?:了)?|接待(?:了|过)|汇报(?:了|过)|打通了|接(?:了|通了)|回(?:了)?电话|来(?:了)?电(?:话)?(?!号)|打来(?:了)?(?:电话)?|视频会议(?:了|中|上)?"
    rf"|{_THEIRS}[^，。]{{0,10}}(?:说|說|表示|反馈|反映|提到|提出|问|問|回复|答复|认为|希望|要求|确认|答应|同意|拒绝|告诉|告知|介绍|催|抱怨|强调|承认|坦言|觉得|嫌|想要)"
    r"|\b(?:met|spoke|talked|chatted|caught up|catch-up with|had (?:a |an )?(?:\w+ ){0,3}(?:call|meeting|lunch|dinner|coffee|demo|visit|chat|conversation|talk|discussion|session|zoom)|discussed|presented|demoed|demonstrated|walked (?:him|her|them|\w+) through|showed (?:him|her|them)|(?:phone|video|zoom|teams|conference) call with|meeting with|conversation with|chat with|lunch with|dinner with|coffee with|call with|demo (?:with|for|went)|hosted|negotiated|followed up with|(?:got|was) through to|reached (?:him|her|them|mr|ms|dr)|(?:call|meeting|visit|demo) (?:went|was) (?:well|good|fine|ok|great|productive|positive)|called (?:back|me|us)|rang (?:me|us|back)|phoned (?:me|us))\b"
    r"|\b(?:he|she|they|customer|client|buyer|purchasing)\s+(?:also |now |then )?(?:said|told|asked|mentioned|confirmed|wants?|wanted|agreed|complained|explained|insisted|promised|replied|is happy|are happy|liked|refused|accepted|needs?)\b|\b(?:told|asked) (?:me|us)\b",
    re.IGNORECASE,
)
_SPEECH = re.compile(
    r"说|說|表示|反馈|提到|提出|问|回复|答复|认为|希望|要求|确认|答应|同意|告诉|告知|沟通了|聊了|谈了|见了|见到|拜访了|通了(?:个)?电话"
    r"|\b(?:met|spoke|talked|chatted|discussed|visited|said|told|asked|mentioned|confirmed|wants?|wanted|agreed|complained|explained|promised|had (?:a |an )?(?:\w+ ){0,2}(?:call|meeting|lunch|dinner|demo|visit))\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?!I\b|We\b|The\b|This\b)[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:said|told (?:me|us)|asked (?:me|us|for|if|about|whether|when)|mentioned|confirmed|agreed|complained|explained|promised)\b"
)
_ATTEMPT = re.compile(
    rf"拜访(?:了|过|完)|拜訪(?:了|過)|(?:今天|昨天|上午|下午|刚|刚刚|前天|上周|本周|周[一二三四五六日]|今早|今晚)[^，。]{{0,8}}(?:拜访|拜訪|走访|到访|去(?:了)?[^，。]{{0,12}}(?:公司|现场|工厂|办公室|客户))|走访(?:了)?|(?:客户|{_THEIRS})?[^，。]{{0,6}}(?:来访|到访)|来(?:我(?:司|们|公司|厂)|公司|厂|现场|办公室)|上门(?:拜访|服务|了)?|当面|去(?:了|过)[^，。]{{0,12}}(?:公司|现场|工厂|办公室|厂|客户|那里|那边)"
    r"|(?:打|拨|挂)(?:了|过|去)(?:个|一个|两个|几个|一通)?(?:电话|電話)|打[^，。]{0,4}电话(?:给|了)|给[^，。]{1,12}(?:打(?:了)?(?:个|一个)?电话|去(?:了)?电)|致电|联系(?:了|上|到)|聯繫(?:了|上)"
    r"|\b(?:visited|called|rang|phoned|stopped by|dropped by|dropped in|went to see|site visit)\b|\bvisit (?:to|at|with)\b",
    re.IGNORECASE,
)
_UNREACHED = re.compile(
    r"(?:没|沒|未|无|無)(?:有)?(?:人)?(?:接|接听|联系上|聯繫上|联系到|打通|见到|見到|见着|聊|谈|应答|回应|理|在|碰到|遇到|回复)|未接|占线|忙音|关机|停机|空号|(?:出差|外出|开会去|休假)了$|拒接|挂断|挂了|不在(?!意|乎)|没去成|扑空|白跑|语音信箱|留言|打不通|接不通|无法接通|見不到|见不到|放鸽子|没来|未到"
    r"|\b(?:no answer|no reply|no response|didn'?t (?:answer|pick up|reach|get|show|happen|take place|respond)|did not (?:answer|pick up|reach|happen|respond)|voice ?mail|left (?:a )?(?:message|voicemail|vm)|could ?n[o']t (?:reach|get|meet|visit)|could not|not reach\w*|unreachable|engaged tone|line (?:was )?busy|wasn'?t (?:in|there|available)|was not (?:in|there|available)|no-show|engaged(?! with| in)|(?:was|is|were) (?:out|away|busy|in a meeting)|nobody|no one|not available|gatekeeper|without (?:reaching|success)|never got through|unsuccessful\w*)\b",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"原定|原计划|原本|本来|本想|计划|計劃|打算|准备(?:去|约|拜访|电话|给|和|跟|下|明)|预约|拟(?:于|定|去)|约(?:了|好|在|定)?(?:下|明|后|周|星期|礼拜|月|本周)|(?:下|明|后)(?:周|天|日|个?月|礼拜|星期|年)|待办|需要?(?:联系|拜访|约|回访|打|去|再|和|跟|与)|改天|改期|改到|延期|推迟|取消|记得|提醒|应该(?:去|打|找)|(?:要|得|想)(?:去|约|给|找|和|跟|再)|将(?:于|会|去|与|和)|争取|尽快(?:联系|拜访|约|打|和|跟)|等[^，。]{0,10}(?:再|后)|如果|假如|要是|若|是否|会不会|可能会?|希望能|目标"
    r"|\b(?:supposed to|originally|was to|plan(?:s|ned|ning)? to|planning|will|'ll|going to|need(?:s)? to|should|must|have to|to-?do|cancel(?:l)?ed|postponed|resched\w*|schedule[ds]?|scheduling|tomorrow|next (?:week|month|monday|tuesday|wednesday|thursday|friday|quarter|year|time)|remind\w*|want to|would like to|hope(?: to)?|try(?:ing)? to|tried to|intend\w*|aim\w*|prepare|preparing|arrange[ds]?|set up|if|when (?:he|she|they) (?:get|come|return)s?|before (?:the|our)|ahead of|upcoming|agenda for)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"(?:今天|今早|上午|下午|刚才|刚刚|昨天|昨晚|前天|上周|上个?月|周[一二三四五六日](?:已|在)?|已(?:经)?)|了|过(?!去|来|年)|\b(?:today|yesterday|this (?:morning|afternoon)|last (?:week|month|night)|earlier|just|ago)\b|\b\w+ed\b|\b(?:met|spoke|had|said|told|went|was|were|got|came)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:内部|公司内|部门|团队|同事|领导|主管|我们(?:自己|开会|内部)|老大)[^，。]{0,10}(?:开(?:了|过)?[^，。]{0,6}会|讨论|沟通|聊|商量|会议|汇报|说|碰)|(?:和|跟|与|向)(?:领导|同事|主管|技术部|法务|财务|研发|老大|团队|产品部|售后部?|生产部)[^，。]{0,14}|(?:竞争对手|竞品|对手|友商|同行)[^，。]{0,14}(?:拜访|联系|去了|见了|聊|演示|报|来过|说)|(?:官网|新闻|公告|网上|朋友圈|公众号|年报|报道|据说|听说|传闻)"
    r"|\b(?:internal(?:ly)?|team meeting|with (?:my|our) (?:boss|manager|team|colleague\w*|legal|finance|engineering|support|product)\b|our (?:team|legal|engineers?) (?:met|discussed|said)|(?:competitor|competition|rival)\w*|according to|website|press release|linkedin|news|annual report|i heard|rumou?r)\b",
    re.IGNORECASE,
)
_CANCELLED = re.compile(
    r"(?:会议|会面|见面|拜访|演示|培训|面谈|行程|约)[^，,。]{0,12}(?:取消|改期|推迟|延期|作罢|没成|泡汤)|(?:取消|推迟|改)了?[^，,。]{0,8}(?:会议|见面|拜访|演示|会面)|没去成"
    r"|\b(?:meeting|call|visit|demo|lunch|dinner|appointment)\b[^.]{0,40}\b(?:cancel\w*|postponed|called off|moved to|pushed|fell through|rescheduled)|\b(?:cancel\w*|postponed|rescheduled|called off) (?:the|our|my|today's)\b",
    re.IGNORECASE,
)
_NO_TALK = re.compile(
    r"(?:没|沒|未|还没|尚未|不曾|并未)(?:有|能|来得及)?[^，。了]{0,6}(?:沟通|联系|拜访|见|聊|谈|面|打电话|回访|通话|开会|演示)|(?:很久|好久|多日|一直)(?:没|未)"
    r"|\b(?:haven'?t|have not|hasn'?t|has not|did ?n[o']t|never|not yet|no) (?:yet )?(?:met|meet|spoken|speak|talked|talk|called|call|visited|visit|discussed|discuss|had|have|contact\w*)\b|\bwithout (?:meeting|speaking|talking)\b|\bmeeting (?:was )?(?:cancel\w*|postponed|moved)\b",
    re.IGNORECASE,
)


def note_reports_contact(text: str) -> bool:
    """See the module. Total: any text gives an answer, in time linear to its length."""
    attempted = planning = False
    for said in _clauses(text):
        ends = not said.endswith(_GOES_ON) and not said[-1:].isspace()
        if _UNREACHED.search(said) or _NO_TALK.search(said) or _CANCELLED.search(said):
            attempted = False
        elif attempted:
            return True
        elif _OTHERS.search(said) or said.rstrip().endswith(("?", "？")):
            pass
        elif _PLAN.search(said) and not _told(said):
            planning = True
        elif not planning or _PAST.search(said):
            if _talk(said):
                return True
            attempted = _ATTEMPT.search(said) is not None
        if ends:
            planning = False
    return attempted


def _clauses(text: str) -> Iterator[str]:
    number = 0
    for found in _CLAUSE.finditer(text[:50_000]):
        for said in _TURN.split(found.group()[:800]):
            if said.strip(" \t\r\n。，,.!！?？;；"):
                number += 1
                yield said
        if number >= _MAX_CLAUSES:
            return


def _talk(said: str) -> re.Match[str] | None:
    return _TALK.search(said) or _SAID.search(said)


def _told(said: str) -> bool:
    """Words of a plan inside what somebody said: ``客户说下周要报价``, ``she wants …``, ``met X, who will``."""
    talk = _SPEECH.search(said) or _SAID.search(said)
    plan = _PLAN.search(said)
    return talk is not None and plan is not None and talk.end() <= plan.start() + 1
