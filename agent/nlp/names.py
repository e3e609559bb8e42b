"""Whether a short line is somebody's name: how people sign a mail without any closing."""

import re
from typing import Final

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
    "張劉陳楊黃趙吳孫馬許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸賈韋鄒閻龍賀顧龔萬錢嚴湯溫龐顏聶魯關蘭紀畢單駱藍"
)
_COMPOUND: Final = "欧阳|上官|司马|诸葛|司徒|皇甫|尉迟|慕容|东方|夏侯|令狐|端木|公孙|歐陽"
_TITLE: Final = (
    r"总经理|经理|總|经理|總經理|总监|主管|主任|工程师|工|先生|女士|小姐|老师|博士|教授|厂长|部长|科长|助理|专员|总|董|"
    r"会计|律师|处长|所长|院长|站长|店长|组长|队长|师傅|采购|销售|商务|财务|法务|技术|行政|人事|运营|客服|物流|仓库"
)
_DEPARTMENT: Final = r"[\u4e00-\u9fff]{1,10}(?:部|处|科|室|中心|组|公司|厂|集团|院|所|店|办)"
_CHINESE = re.compile(
    rf"(?:[—–\-~－@/ ]{{1,4}}|{_DEPARTMENT}[ \t　:：/|·-]{{0,3}}|(?:[\u4e00-\u9fff]{{0,4}}(?:{_TITLE}))[ \t　:：/|·-]{{1,3}})?"
    rf"(?:(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][ \u3000]{{0,4}}[\u4e00-\u9fff](?:[ \u3000]{{0,3}}[\u4e00-\u9fff])?|"
    rf"[小老阿大][\u4e00-\u9fff]|[{_SURNAMES}](?:{_TITLE}))"
    rf"(?:[ \t　/|·,，(（-]{{0,4}}(?:[\u4e00-\u9fff]{{0,6}}(?:{_TITLE})|[A-Za-z.]{{2,14}}(?:[ ][A-Za-z.]{{1,14}}){{0,2}}|{_DEPARTMENT}|即日|敬上|谨上|敬启|上|拜|字|留))?"
    r"[)）]?(?:[ \t　,，]{0,4}\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?)?[ \t　]*[.。~～!！]?"
)
_NOT_CHINESE = re.compile(
    r"(?:周|星期)[一二三四五六日天末]|明[天日白确]|于是|何[时日必况]|任何|方[便案式法向]|马上|安[排全装心静徽]|成[功交本立都]|金额|白[天色]|时[间候]|高[兴度级]"
    r"|项目|包[装括含]|单[价位独]|计划|文[件档]|常[州见用]|温[州度]|江[苏西门]|宁[波夏]|石家|武汉|黄[色山石]|蓝[色牙]|华[东北南中]|和[谐平]|全[部都新]|连[接续云]"
    r"|应[该当]|应付|明细|易损|解[决释]|尚[未可]|关[于闭注]|路[上由]|石[油材]|方[可才]|万[一元分]|安[心]|时[效]|向[您前]|符合|管理|查[收看询]|申请|经[理]|田径"
    r"|荣[幸]|简单|冷[却]|左右|成[品]|车[间型]|商[量务品]|仓库|师傅$|费[用率]|池塘|应[急]|连[带]|游[览]|祝[您好]|谢[谢了]|顾[客虑]|许[可多]|段[落]|严[格重]|贺"
    r"|老[板样]|小[时心结]|大[概约家量]|阿[里]|大型|小型|老款|和[您你]|成[套]|任务|范围|钟[左]|施工|焦急|宫|边|古|农|党|麻烦|麻|季度|章程|向|白|黑|小[号]|大[号]|常规|单|温|金[属]|高[端低]|康|易"
)
_FIRST_NAMES: Final = frozenset(
    """
    dana megan priya ole erik nora elena rob robbie mei laura omar farid ngozi jose maria juan luca sofia mateo diego fatma
    yusuf ibrahim aisha amina ravi ananya arnold kofi kwame chidi emeka tunde olu sasha misha katya olya anya dima igor
    hanna jana lukasz piotr pawel marek agnieszka magda zofia jakub vaclav jiri pavel petr milos goran dragan nikola
    ivana bjorn lars nils freya astrid signe mette soren anders jesper mikkel jussi mika pekka sari tuula
    fei fang ruby yvonne tiffany sunny apple echo coco candy mandy wendy fiona cathy jacky andrew jeff
    aaron abby adam adrian agnes ahmed aidan alan albert alex alexander alexandra alfred ali alice alison allen amanda amber
    amelia amit amy ana andre andrea andreas andrew andy angela angie anita anja ann anna anne annie anthony anton antonio
    april arjun arthur ashley astrid audrey barbara beatrice becky ben benjamin bernd beth betty bill billy bob bobby boris
    brad brandon brenda brian bridget bruce bryan caleb carl carla carlos carmen carol caroline catherine cathy cecilia
    charles charlie charlotte chen chloe chris christian christina christine christoph christopher cindy claire clara claudia
    colin connie connor craig crystal cynthia daisy dan daniel daniela danny dave david dawn dean deborah deepak denise
    dennis derek diana diane dieter dirk dmitri dominic don donald donna dora doris dorothy doug douglas dylan eddie edgar
    edith edward edwin eileen elaine eleanor elena eli elisa elizabeth ella ellen elsa emily emma eric erica erik erin ernest
    esther ethan eugene eva evan evelyn fabian faith fatima felix fiona florian frances francesco francis frank franz fred
    frederick gabriel gary gavin gemma geoff george georgia gerald gina giovanni giulia gloria grace graham grant greg
    gregory guido gustav guy hannah hans harold harry harvey hassan heather heidi heike helen helena helmut henrik henry
    herbert holly howard hugh hugo ian igor ingrid irene iris isaac isabel isabella ivan ivy jack jackie jacob jacques jake
    james jamie jan jane janet janice jared jasmine jason javier jay jean jeff jeffrey jen jenna jennifer jenny jens jeremy
    jerry jesse jessica jessie jill jim jimmy jo joan joanna joanne joe joel john johnny jon jonas jonathan jordan jorge
    jose joseph josh joshua joy joyce juan judith judy jules julia julian julie june justin kai karen karin karl kate
    katherine kathleen kathryn kathy katie katja kay keith kelly kelvin ken kenneth kenny kevin kim kirsten klaus kristen
    kristin kurt kyle lance lara larry lars laura lauren laurence lawrence lea leah lee lena leo leon leonard leslie lewis
    liam lily linda lionel lisa liz lloyd logan lola louis louise luca lucas lucy luis lukas luke lydia lynn mabel maggie
    manfred manuel marc marcel marco marcus margaret maria marie marina mario marion mark markus marta martha martin
    martina marvin mary mathias matt matthew matthias maureen maurice max maxim may megan melanie melissa mia michael
    michaela michel michelle miguel mike milan mina miranda miriam mohamed mohammed moira molly monica monika morgan
    moritz nadia nancy naomi natalia natalie natasha nathan neil nelson nick nicholas nicola nicole niels nigel nina noah
    noel nora norman olaf olga oliver olivia omar oscar otto owen paddy pam pamela pascal pat patricia patrick paul paula
    pauline pedro peggy penny pete peter petra phil philip phoebe pierre priya rachel rafael rainer raj rajesh ralf ralph
    ramesh ramon randy ravi ray raymond rebecca regina rene renee ricardo richard rick rita rob robert roberto robin roger
    roland rolf roman ron ronald ronnie rosa rose rosie ross roy ruby rudolf rupert russell ruth ryan sabine sally sam
    samantha samuel sandra sandy sanjay sara sarah scott sean sebastian sergei sergio seth shane shannon sharon shaun
    sheila shirley silke silvia simon simone sofia sonia sonja sophia sophie stan stanley stefan stefanie stella stephan
    stephanie stephen steve steven stewart stuart sue sunil susan susanna susanne suzanne sven sylvia tamara tanja tanya
    tara ted teresa terry theo theresa thomas thorsten tiffany tim timothy tina tobias todd tom tomas tommy tony tracy
    trevor tristan ulrich ulrike ursula uwe valerie vanessa vera veronica vic vicky victor victoria vijay vince vincent
    viola virginia vivian vladimir walter wanda wayne wendy werner wilhelm will william winnie wolfgang xavier yolanda
    yuri yvonne zachary zara zoe zoey wei li jun ming fang jing ying yan hui hong lei tao bin gang peng qiang xin yang yu
    yuan ying hao bo chao dong feng hai jian jie kun lan lin ling long mei min na ning ping qing rong rui ting wen xia
    xiang xiao yi yong zhi kiran anil sunita neha pooja rahul rohit vikram aditya arun nina hiroshi kenji takashi yuki
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
_LATIN = re.compile(
    r"(?P<dash>[—–\-~/*]{1,3}[ ]?)?(?P<name>(?:(?:dr|mr|mrs|ms|prof|capt)\.?[ ])?[A-ZÀ-Ž](?:[\w'’.-]{0,20})(?:[ ](?:[A-ZÀ-Ž][\w'’.-]{0,20}|van|von|de|der|den|da|al|bin|el|la)){0,3})"
    r"(?:,? (?:phd|mba|md|esq|jr|sr|pe|pmp|cpa|ph\.d)\.?|[ ]?[(（][\w .'-]{1,20}[)）])?"
    r"(?:[ ]?[\u4e00-\u9fff]{2,4})?[ ]?[.*~]?"
)
_MIXED = re.compile(rf"[{_SURNAMES}阿小老][ ]?([A-Z][a-z]+)|([A-Z][a-z]+)[ ]?[{_SURNAMES}]")
_DIGIT = re.compile(r"\d")
_DATED = re.compile(r"\d{4}[年./-]")
_SMILE = re.compile(r"[ ]?(?:[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+|[:;]-?[)D])$")
_ENDING = re.compile(
    r"(?:tion|ment|ness|ing|ally|edly|able|ible|ful|less|ance|ence|ship|ate|ity|ed|ly|ice|ure|age|ery|ory|ious|est|ess)$"
)
_GIVEN = re.compile(
    r"[阿小]?[伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文辉玲红燕梅兰萍莉鹏飞浩宇轩泽晨阳婷雪倩颖琳璐瑶欣怡佳慧雅琪嘉俊凯峰斌波宁鑫帆健亮东海龙志国庆春生永晓莹洁薇蓉琴云莲真环玉爱妹香月媛瑞凡珍贞青娣叶璧岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希欢飘育滢馥筠柔竹霭凝霄枫芸菲寒伊亚宜可姬舒影荔枝思菁娥珊莎锦黛雯卉翠妮巧美彤子豪毅然彬富顺信震壮会群心邦承乐绍功松善厚裕河哲江浪行时泰盛雄琛钧冠策腾楠榕航弘义兴良天达安岩中茂进林有坚和彪博诚先敬振]{2}"
)
_NOT_LATIN: Final = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march may june july august september october
    november december today tomorrow yes no ok okay none please thanks thank regards best option price total item items
    blue red green white black yellow new old next this that these the our your we you it is are fyi asap attached note
    update urgent confirmed agreed approved sure great perfect noted understood hello hi dear sorry monthly yearly air sea
    invoice quote order contract payment delivery question answer attachment summary agenda version part phase step first
    later soon here there also again more less none some many much right left good bad best better fast slow cheap
    expensive open closed free paid visa cash bank wire paypal alipay wechat email phone fax zoom teams skype online offline
    morning afternoon evening night noon week month year tbd tbc tba n/a eod cob seal stamp draft final copy scan order
    morgen ja nein oui si danke gruß hallo spain italy france japan korea india texas ohio boston chicago munich vienna
    zurich milan rome madrid dubai singapore hongkong taiwan guangzhou wuhan chengdu suzhou hangzhou nanjing tianjin
    qingdao xiamen dalian hazard warning caution disclaimer legal purchasing sales support kindly hope looking waiting
    second both either neither all any same north south east west shanghai beijing shenzhen hamburg ningbo china germany
    europe asia america london paris berlin done correct exactly absolutely maybe probably never always why how what when
    where who which sincerely cheers lots welcome back pro plus enterprise standard premium basic
    """.split()  # noqa: SIM905 - as above
)
_LONGEST: Final = 48
_LONGEST_GIVEN: Final = 3
_CHINESE_FROM: Final = "\u3000"


def is_name(line: str, *, alone: bool = False) -> bool:
    """Whether the stripped line is nothing but a name, a title or a date beside it perhaps.

    A single Latin word must be a first name people have, or follow a dash; where it stands
    ``alone`` below a mail, a word that can be one is enough.
    """
    if not line or len(line) > _LONGEST:
        return False
    if line[-1] in ")D" or not (line[-1].isascii() or "\u4e00" <= line[-1] <= "\u9fff"):
        line = _SMILE.sub("", line) or line
    if len(line) == 1:
        return line in _SURNAMES or (line.isascii() and line.isupper() and line not in "ABCDY")
    if line[0] > _CHINESE_FROM and _DIGIT.search(line) and not _DATED.search(line):
        return False  # a telephone number, an address
    bare = line.lstrip("—–-~－@/ 　")
    if not bare.isascii() and _CHINESE.fullmatch(line):
        return not _NOT_CHINESE.match(bare)
    if alone and line in _FIRST_NAMES:
        return True
    if line[0].isascii() or line[-1].isascii():
        mixed = _MIXED.fullmatch(line)
        if mixed is not None:
            return (mixed[1] or mixed[2]).lower() in _FIRST_NAMES
    if alone and len(bare) <= _LONGEST_GIVEN and _GIVEN.fullmatch(bare):
        return True
    return line[0] < _CHINESE_FROM and _is_latin_name(line, alone=alone)


def _is_latin_name(line: str, *, alone: bool) -> bool:
    match = _LATIN.fullmatch(line)
    if match is None:
        return False
    words = [word.strip(".'’-").lower() for word in match["name"].split()]
    if len(words) > 1 and words[0] in _FIRST_NAMES:
        return True  # White, Price and May are surnames
    if any(word in _NOT_LATIN for word in words):
        return False
    if len(words) > 1 or match["dash"]:
        return True
    word = words[0]
    if word in _FIRST_NAMES or len(word) == 1 or (len(word) <= 3 and match["name"].isupper()):
        return True
    return alone and 2 < len(word) < 14 and word.isalpha() and not _ENDING.search(word)
