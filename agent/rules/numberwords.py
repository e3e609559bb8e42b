"""The words around a number that say what it is."""

import re

BEFORE = 24
"""So many characters before a number may say what it is."""

CODE_WORDS = re.compile(
    r"(?:订单|单|运单|快递|物流|发票|税|合同|料|型|批|批次|流水|序列|工单|采购|项目|图|物料|产品|设备|编码|编|凭证|交易|回单)(?:编?号|单号|码|代码|号码)?"
    r"[\s:：#＃是为（(]*$"
    r"|(?<![A-Za-z])(?:order|invoice|tracking|waybill|parcel|part|p/n|s/n|serial|sku|item|model|batch|lot|po|contract|ticket|transaction|ref(?:erence)?|project|drawing)"
    r"(?:[ \t]*(?:number|num|no\.?|id|code|#))?[\s:：#(is]*$",
    re.IGNORECASE,
)
PAPER_WORDS = re.compile(
    r"(?:身份证|证件|护照|通行证|回乡证|台胞证|居住证|旅行证|签证)[^\n。；;]{0,10}$"
    r"|(?<![A-Za-z])(?:passport|permit|id card|id no|id number|identity|travel document|visa)[^\n.;]{0,10}$",
    re.IGNORECASE,
)
PHONE_WORDS = re.compile(
    r"(?:手机|电话|联系方式|微信|致电|拨打|热线|号码)[^\n。；;\d]{0,6}$"
    r"|(?<![A-Za-z])(?:mobile|mob|cell|phone|tel|whatsapp|wechat|call)[^\n;\d]{0,6}$",
    re.IGNORECASE,
)
CARD_WORDS = re.compile(
    r"(?:银行卡|卡号|账号|帐号|账户|帐户|储蓄卡|信用卡)[^\n。；;\d]{0,8}$"
    r"|(?<![A-Za-z])(?:card|account|acct|a/c)[^\n;\d]{0,10}$",
    re.IGNORECASE,
)
LABEL_GLUED = re.compile(
    r"(?<![A-Za-z])(?:tel|mob|mobile|phone|cell|m|t|p|wechat|wx|id|no|card|passport)$",
    re.IGNORECASE,
)
MONEY_BEFORE = re.compile(r"(?:[¥￥$€£]|RMB|CNY|USD|人民币)\s?$", re.IGNORECASE)
MONEY_AFTER = re.compile(
    r"(?:\.[0-9]{1,2}(?![0-9])|\s?(?:元|万|亿|美元|港币|RMB\b|CNY\b|USD\b))", re.IGNORECASE
)
