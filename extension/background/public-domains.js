/**
 * Mail providers of the public: the same list as `agent/rules/public_domains.txt`, which a test
 * compares.
 */
export const PUBLIC_DOMAINS = new Set(
  `
    qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net vip.163.com vip.126.com 188.com netease.com
    sina.com sina.cn vip.sina.com sina.com.cn sohu.com vip.sohu.com tom.com 21cn.com 139.com 189.cn wo.cn
    aliyun.com 263.net 2980.com china.com eyou.com sogou.com 0355.net chinaren.com
    gmail.com googlemail.com outlook.com outlook.cn hotmail.com hotmail.co.uk hotmail.fr live.com live.cn live.co.uk msn.com
    yahoo.com yahoo.cn yahoo.com.cn yahoo.co.jp yahoo.co.uk yahoo.fr yahoo.de yahoo.com.hk yahoo.com.tw yahoo.com.sg ymail.com rocketmail.com
    icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me tutanota.com tuta.io zoho.com zohomail.com mail.com email.com inbox.com
    gmx.de gmx.net gmx.com gmx.at web.de t-online.de freenet.de orange.fr wanadoo.fr free.fr laposte.net libero.it tiscali.it virgilio.it
    mail.ru yandex.ru yandex.com bk.ru list.ru inbox.ru rambler.ru ukr.net seznam.cz wp.pl o2.pl interia.pl onet.pl
    naver.com daum.net hanmail.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp hinet.net pchome.com.tw
    btinternet.com sky.com talktalk.net comcast.net verizon.net att.net sbcglobal.net cox.net bigpond.com optusnet.com.au
    rediffmail.com fastmail.com fastmail.fm hey.com duck.com

  `.trim().split(/\s+/),
);
