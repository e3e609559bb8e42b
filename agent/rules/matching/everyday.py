"""Words that are companies' short names and everyday words as well: 长城, 光明, Orange, Target."""

_CHINESE = """
长城 光明 和谐 朝阳 东湖 西湖 长江 黄河 泰山 黄山 华山 太湖 东方 东风 南方 北方 西部 中原 江南 海洋 大海 蓝天 白云 阳光 太阳
月亮 星空 星辰 明星 金星 火星 银河 宇宙 天空 天地 大地 森林 春天 夏天 秋天 冬天 春风 春雨 彩虹 晨光 曙光 希望 梦想 理想 未来
明天 今天 时代 世纪 永恒 永远 长久 幸福 快乐 健康 平安 安全 安心 放心 如意 吉祥 顺利 成功 胜利 进步 发展 创新 创造 科技 智能 智慧
先锋 先进 领先 领航 卓越 优秀 完美 精彩 精英 专业 诚信 信任 友谊 朋友 伙伴 同心 同行 团结 合作 共赢 共享 联合 联想 统一 大众
人民 中国 中华 国际 世界 环球 全球 远方 远大 宏大 伟大 巨人 英雄 勇士 骑士 天使 凤凰 飞龙 金龙 熊猫 飞马 白马 雄鹰 海豚 小米 苹果
橙子 蜂鸟 蚂蚁 红旗 五星 红星 新星 新华 新兴 新生 新月 半岛 港湾 海岸 航天 航空 动力 力量 能量 方向 方正 方圆 正大 正直 公正 公平
标准 精密 精工 通用 万家 万里 千里 百年 百姓 家园 家乡 故乡 乡村 田园 花园 绿洲 绿色 自然 生态 清风 清泉 甘泉 山水 江河 流星 闪电
雷霆 风云 风帆 起航 远航 启航 扬帆 飞跃 飞翔 腾飞 奔腾 突破 超越 跨越 高峰 顶峰 巅峰 里程碑 桥梁 灯塔 火炬 火花 钻石 黄金 金色 白银
水晶 珍珠 宝石 传奇 神话 奇迹 经典 典范 榜样 旗帜 立方 格力 海天 海量 迅捷 快捷 便利 方便 简单 美好 美丽 美的 美味 好运 欢乐 喜悦
和平 和气 和美 温馨 温暖 舒适 自由 独立 开放 开心 大同 大成 大华 大力 天天 天下 天才 东升 日出 日新 旭日 朝霞 晚霞 双星 三元 三河 四方
五洲 四海 八方 九州 万象 万达 万全 万能 保利 恒久 恒星 永久 永恒 长青 常青 青松 劲松 梅花 兰花 荷花 莲花 牡丹 玫瑰 百合 茉莉 金鱼
"""
_LATIN = """
orange target summit pioneer delta riverside apple shell gap oracle amazon frontier horizon vision focus insight
impact vertex apex zenith peak bridge anchor harbor harbour compass beacon lighthouse star sun moon sky ocean river
lake forest stone rock iron steel silver gold diamond crystal pearl ruby phoenix eagle falcon hawk lion tiger bear
wolf fox panther jaguar puma dragon titan atlas apollo mercury venus mars jupiter saturn orbit galaxy nova eclipse
aurora dawn sunrise spring summer autumn winter north south east west northern southern eastern western central
global international universal national federal general standard premier prime first next future modern classic
royal crown imperial victory liberty freedom unity alliance union united allied partner partners team group network
link connect bond trust faith hope grace harmony balance progress advance advantage dynamic active rapid swift quick
express direct simple smart clever bright clear pure fresh green blue red white black core base basis element matrix
vector sigma omega alpha beta gamma echo signal spark flash bolt thunder lightning storm breeze wind wave tide
current flow stream cascade rapid fusion catalyst momentum velocity quantum fortune legend heritage legacy landmark
monument tower castle gate gateway square circle triangle point line edge corner path way road journey venture
quest mission discovery explorer voyager navigator pilot captain guardian shield sentinel fortress haven sanctuary
garden meadow valley hill hills mountain canyon desert island bay coast shore field fields park village city metro
target mint sage olive maple oak pine cedar willow birch elm rose lily ivy reliance relay meridian paragon pinnacle
genesis origin source root branch leaf seed harvest square visa chase ally subway dove pledge tide bounce gain
amber coral ember indigo jade onyx opal scarlet slate sterling concord concorde crescent keystone cornerstone
milestone mosaic nexus nimbus odyssey polaris prism pulse radius ranger regal rover sapphire scout sierra spectrum
spire sprint strata stride surge tempo terra trident triumph tribune unison uplift vantage vector vista vital zest
"""
EVERYDAY = frozenset((_CHINESE + _LATIN).split())
