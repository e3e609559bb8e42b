"""The sentences automatic answers are made of, in Chinese and English.

None of them is proof by itself: people say them too. Where every sentence of a mail is one of
them and none takes up what was asked, a machine sent it.
"""

import re

from agent.rules.wording import Wording

_REPLIED = r"(?:回复|回覆|答复|答覆|回信|处理|處理|查看|查阅|查閱|阅读|查收|接听|聯繫|联系)"

DECLARED = Wording(
    r"(?:^|[\s(（【\[\"“—-])(?:(?:这|這|此|本|该)(?:是|为|為|邮件|郵件|信件?|封(?:邮件|信)|回复|回覆|消息)?[^，,。\n]{0,20}?)?(?:系统|系統)?(?:自动|自動)(?:回复|回覆|回應|答复|应答|发送|發送|发出|生成|产生|寄出|通知)(?:的?(?:邮件|郵件|信件|消息|通知))?(?=[\s,，。:：;；!！)）】\]\"”]|$)"
    r"|(?:请|請)(?:勿|不要)(?:直接)?(?:回复|回覆)|(?:无需|不必|毋须|毋須)(?:回复|回覆)(?:此|本|该)?(?:邮件|郵件|信)|本邮箱(?:仅用于发送|不接收|不接受)"
    r"|\bthis is an? (?:automatic|automated|auto[- ]generated|automatically generated|auto)[- ](?:reply|response|e-?mail|message|notification)|\b(?:message|e-?mail|reply|response|notification) (?:was|is|has been) (?:sent |generated |created )?automatically|\bautomatically generated\b|\bsent automatically by\b"
    r"|\bthis (?:is to|e-?mail|message) (?:confirm|acknowledge)s?[^.\n]{0,30} (?:received|receipt of) your (?:message|e-?mail|mail|request|inquiry|enquiry)\b|\bdo not (?:reply|respond) (?:directly )?to this\b|\bplease do not reply\b|\bmailbox is (?:not |un)monitored\b|\breplies to this (?:e-?mail|address|message)[^.\n]{0,30} (?:not|un)\w*|^\s*\[?auto(?:matic)?[- ]?(?:reply|response)\]?\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
SPOKEN_OF = Wording(
    r"收到(?:了|你|您)?[^。]{0,12}(?:自动|自動)|看到|测试|測試|功能|设置|設置|设定|開啟|开启|打开|关闭|关掉|是不是|如果|为什么|怎么|老是|总是|一直|不是|误|當成|当成|需求|支持|规则|不要(?:再)?发"
    r"|\b(?:got|get|getting|receiv\w*|keep|saw|test\w*|feature|function|set(?:ting)?s?(?: up)?|configur\w*|turn(?:ed)? (?:on|off)|if|why|whether|not an?|instead of|ignore|sorry about|my)\b",
    re.IGNORECASE,
)
ABSENT = Wording(
    r"休假|年假|产假|產假|陪产|病假|婚假|丧假|放假|度假|假期|请假|請假|长假|出差|外出|出国|出國|不在(?:办公室|辦公室|公司|岗|崗|座位|线|國內|国内)|离开(?:办公室|公司|岗位)|離開(?:辦公室|公司)|(?:已|已经)离职|(?:已|已經)離職|(?:已|现已|已经)(?:调离|调岗|转岗|退休)|(?:已|已经)离开(?!会)|非(?:工作|办公|上班)时间|春节|国庆|下班时间"
    r"|\b(?:out of (?:the )?office|OOO|OOTO|away from (?:my|the) (?:desk|office)|away from (?:e-?mail|my e-?mail)|not in the office|travel+ing (?:for|on) business|have reached the (?:inbox|mailbox|e-?mail) of|have retired|away (?:until|till|from \d|for \w+ (?:days?|weeks?))|on (?:(?:my |an? )?(?:annual|sick|parental|maternity|paternity|medical|bereavement|family|summer|extended|short|well-deserved) )?(?:leave|vacation|holidays?|PTO|sabbatical|break)|(?:currently|presently|temporarily) (?:away|travel+ing|unavailable|out|abroad)|on a business trip|on business travel|(?:office|offices|company|factory) (?:is|are|will be) closed|closed for|no longer (?:with|work\w*|employed|at)|(?:have|has) left (?:the )?\w+|out (?:until|through|from|on)|maternity leave|public holiday|office hours|business hours)\b",
    re.IGNORECASE,
)
UNAVAILABLE = Wording(
    rf"(?:无法|不能|未能|不便|無法|难以|難以|不会|暂停|暫停)[^，,。\n]{{0,16}}{_REPLIED}|{_REPLIED}[^，,。\n]{{0,8}}(?:延迟|延遲|较慢|較慢|不及时|不便|延誤|延误)|(?:延迟|延遲|延后)[^，,。\n]{{0,8}}{_REPLIED}|(?:不|无法)定期(?:查看|检查)|不方便(?:查看|收发|查收|处理)"
    r"|\b(?:unable to|not be able to|can ?not|can't|won't|will not|may not|not) (?:be )?(?:check\w*|read\w*|respond\w*|reply\w*|answer\w*|access\w*|monitor\w*|available|reachable)|\b(?:limited|no|intermittent|sporadic|restricted|irregular|infrequent)(?: or no)? (?:e-?mail )?(?:access|internet|connectivity)|\b(?:delay(?:ed|s)?|slow(?:er)?)\b[^.\n]{0,20}\b(?:respon\w*|repl\w*)|\b(?:respon\w*|repl(?:y|ies)) (?:may|might|will) be (?:delayed|slow\w*)",
    re.IGNORECASE,
)
RETURNS = Wording(
    rf"(?:回来|回來|返回|返岗|返崗|归来|歸來|假期结束|假期結束|休假结束|上班|复工|復工|回到|回国|回國|收假|回公司|回办公室)(?:后|之后|時|时|後|以后|，|即|再)?[^，,。\n]{{0,16}}(?:{_REPLIED}|尽快|儘快|盡快)|(?:会|将|會|將|我们?|我們)[^，,。\n]{{0,10}}(?:尽快|儘快|及时|及時|第一时间|盡快|稍后|稍後|尽早|盡早|工作日内?|小时(?:之)?内|天(?:之)?内)[^，,。\n]{{0,12}}(?:{_REPLIED}|与您|與您|给您)|\d{{1,2}}(?:月\d{{1,2}})?[日号號][^，,。\n]{{0,6}}(?:返回|返岗|上班|回来|恢复|复工)|(?:恢复|恢復)(?:正常)?(?:办公|上班|工作)"
    r"|\b(?:will|shall|'ll|i'll) (?:be )?(?:return\w*|back)\b|\b(?:until|till) (?:(?:mon|tues|wednes|thurs|fri)day|\w* ?\d)|\breturning (?:on|to)\b|\bback (?:in the office |at work |at my desk )?(?:on|by)\b|\b(?:upon|on|after) my return\b|\bwhen i(?:'m| am)? (?:return|get back|back|am back)\b"
    r"|\b(?:get back|respond|reply|come back|write back|answer)(?: to)?(?: you| your (?:message|e-?mail|mail|inquiry|enquiry|request|note))?(?: back)? (?:as soon as|asap|shortly|upon|when|within|at (?:my|our)|soon|promptly|on my return|once|after)\b|\bin touch (?:with you )?(?:shortly|soon|within|as soon as)\b|\bas soon as (?:possible|i can|we can)\b|\bwithin (?:\d+|one|two|three|the next|\w+) (?:business|working)? ?(?:hours?|days?)\b|\bresume(?:s|d)? (?:work|on|business)\b|\bre-?open\w*\b",
    re.IGNORECASE,
)
DEPUTY = Wording(
    r"(?:如|若|有|遇|凡)[^。\n]{0,24}(?:紧急|緊急|急事|急需|重要|急件|要事|需要|问题|問題|事宜|事务|事務|业务|業務|需求|疑问|急务|特急|事)[^。\n]{0,40}(?:联系|聯繫|聯絡|致电|致電|拨打|撥打|电话|電話|手机|微信|发送|转发|咨询|找|邮件|来电|call)|(?:请|可|請)(?:直接|先|与|随时|另行|您)*[^，,。\n]{0,8}(?:联系|致电|拨打|聯繫|聯絡|来电|洽)|(?:工作|相关工作|业务)[^，,。\n]{0,8}由[^，,。\n]{1,16}(?:负责|接手|代理|處理|处理)|(?:邮件|来信|来函)[^，,。\n]{0,4}(?:请|可)(?:改)?(?:发送?|寄|转)(?:至|到|往|给)|代理人|职务代理|代班"
    r"|\b(?:urgent|urgently|immediate|emergenc\w+|in (?:my|our) absence|during (?:my|this|our) (?:absence|time|leave)|need (?:immediate |any )?(?:assistance|help|support)|in the meantime|cannot wait|can't wait|time[- ]sensitive)\b|\b(?:please|kindly|you (?:can|may)) (?:contact|reach|call|direct|refer|get in touch|write to|(?:e-?mail|forward)(?! me\b))\b|\bfor (?:any |all )?[\w ,/&-]{3,50}(?:please )?(?:contact|call|reach|e-?mail|visit|write)\b|\b(?:send|forward|e-?mail|direct|address)\b[^.\n]{0,60}\bto\b[^.\n]{0,30}@",
    re.IGNORECASE,
)
RECEIVED = Wording(
    r"(?:您|你)(?:发来|发送|来|寄来|提交|刚才发)?的?(?:邮件|来信|信件|郵件|來信|信息|留言|咨询|申请|询盘|来函|电邮|電郵|建议|反馈|简历)[^，,。\n]{0,6}(?:已|己)?(?:经|經)?(?:成功)?(?:收到|收悉|受理|接收|送达)|(?:已|己)?(?:经|經)?(?:收到|收悉)(?:了)?(?:您|你)的?(?:邮件|来信|信件|郵件|來信|留言|咨询|申请|询盘|来函|电邮)|^(?:您好[,，!！ ]*)?(?:邮件|来信|来函|信件)(?:已|己)(?:经)?(?:收到|收悉)$"
    r"|\byour (?:e-?mail|message|enquiry|inquiry) is (?:very )?important to us\b|\b(?:we|i)(?: have|'ve)? (?:successfully )?(?:received|got) your (?:e-?mail|message|mail|inquiry|enquiry|request|submission|application|note)\b|\byour (?:e-?mail|message|mail|request|inquiry|enquiry|submission|application)[^.\n]{0,30} (?:has been|was|is) (?:successfully |safely )?received\b|\bthank(?:s| you)(?: very much| so much)? for (?:your (?:recent )?(?:e-?mail|message|inquiry|enquiry|mail|interest|note|request|letter)|contacting|reaching out|getting in touch|writing|e-?mailing)\b",
    re.IGNORECASE,
)
NEW_ADDRESS = Wording(
    r"(?:此|本|该|原)?邮箱(?:已|即将)?(?:停用|停止使用|不再使用|弃用|作废)|(?:更换|变更)(?:了)?(?:新)?(?:邮箱|电邮)|\b(?:this (?:mailbox|e-?mail address|account) (?:is|has been|will be) (?:no longer|closed|deactivated|not)|e-?mail address has changed)\b",
    re.IGNORECASE,
)
EMPTY = re.compile(
    r"\W*(?:(?:尊敬的|亲爱的)?(?:客户|用户|朋友|领导|各位|合作伙伴|先生|女士)?(?:您|你)?好|(?:谢谢|感谢|多谢|敬请谅解|请谅解|祝|顺祝|不便之处|给您带来|由此|抱歉|敬祝|此致|敬礼|见谅|望|谢)[^。]{0,40}|hi|hello|dear[^.]{0,40}|greetings|good day|best.{0,20}|kind.{0,20}|warm.{0,20}|regards.{0,20}|sincerely.{0,20}|thank.{0,80}|many thanks.{0,40}|cheers|(?:we|i) apologi.{0,80}|sorry for.{0,60}|(?:tel|电话|手机|mobile|phone|微信|email|邮箱)\W.{0,60}|[\d\s+().-]+|[\w.+-]+@[\w.-]+)\W*",
    re.IGNORECASE,
)
