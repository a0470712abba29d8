"""What the small tokenizers are trained on, and the odd strings they are compared on."""

import random

TRAINING = """\
A small dog runs across the green field and barks at the yellow bird.
Two cats are sleeping on the red sofa, next to an open window.
The woman's umbrella isn't blue; it's black, and they're walking home in the rain.
How many people are standing behind the table? There are three people and one child.
The photograph shows 12 boats, 3 bridges and 1,250 houses near the river in 2021.
I've never seen the mountains; she'd like to go, we'll see, you're right, don't worry.
Is the man wearing a hat? Yes, he is wearing a hat and a pair of glasses.
What colour is the bus on the left? The bus on the left is red and white.
A plate of rice with vegetables, a glass of water and two forks on a wooden table.
Children playing football in the park while their parents watch from the bench.
Un petit chien brun court dans le pré vert et aboie après l'oiseau jaune.
Où est la voiture bleue ? Elle est garée devant l'hôtel, près du théâtre.
Das kleine Mädchen läuft über die Straße und trägt einen schönen grünen Hut.
Zwölf Boote liegen im Hafen, und fünf Möwen fliegen über das große Schiff.
El niño pequeño come una manzana mientras la señora lee el periódico en el jardín.
¿Cuántas personas hay en la fotografía? ¡Hay más de veinte personas!
Il gatto nero dorme sulla sedia perché fuori piove; così è più tranquillo.
O menino não está na praia, ele está na montanha com o irmão e a irmã.
Маленькая собака бежит по зелёному полю и лает на жёлтую птицу.
Сколько людей стоит за столом? За столом стоят трое взрослых и один ребёнок.
Ένα μικρό σκυλί τρέχει στο πράσινο λιβάδι και γαβγίζει στο κίτρινο πουλί.
一只小狗在绿色的草地上奔跑。两个人坐在红色的沙发上。
照片里有多少人?照片里有三个大人和一个孩子。
小さな犬が緑の野原を走っています。赤い傘を持った女の人がいます。
テーブルの上にコップが二つあります。バスは何色ですか。
작은 개가 초록색 들판을 달리고 있습니다. 빨간 우산을 든 여자가 있습니다.
كلب صغير يجري في الحقل الأخضر وينبح على الطائر الأصفر.
كم عدد الأشخاص في الصورة؟ هناك ثلاثة أشخاص وطفل واحد.
כלב קטן רץ בשדה הירוק ונובח על הציפור הצהובה.
एक छोटा कुत्ता हरे मैदान में दौड़ रहा है और पीली चिड़िया पर भौंक रहा है।
तस्वीर में कितने लोग हैं? तस्वीर में तीन लोग और एक बच्चा है।
สุนัขตัวเล็กวิ่งข้ามทุ่งหญ้าสีเขียว
Con chó nhỏ chạy qua cánh đồng xanh và sủa con chim màu vàng.
Küçük köpek yeşil tarlada koşuyor ve sarı kuşa havlıyor.
Mały pies biegnie przez zieloną łąkę i szczeka na żółtego ptaka.
Malý pes běží přes zelenou louku a štěká na žlutého ptáka.
""".splitlines()

_HAND = [
    "", " ", "   ", "\t", "\n", "\r\n", " \n\t ", "a", "A", ".", "?!", "...", "!hello", "! hello", "hello !", "' '",
    "A small dog.", "a small dog", " A small dog", "A small dog ", "  A   small    dog  ", "A\tsmall\ndog\r\nruns",
    "A SMALL DOG RUNS", "aSmAlL dOg", "dog-cat_bird/fish\\x", "dog,cat;bird:fish", "(a) [b] {c} <d>", "\"quoted\" 'single'",
    "``quoted'' text", "«guillemets» „low“ “curly” ‘one’", "don't isn't we'll they're I've she'd I'm o'clock",
    "DON'T ISN'T WE'LL", "don’t isn’t we’ll", "rock'n'roll", "'tis", "dogs' 's 't",
    "0", "12", "1,250", "3.14159", "1e-5", "2021-11-23", "12:34:56", "50%", "$5.00", "€7", "№5", "½ ¼ ²³", "١٢٣", "१२३", "１２３",
    "https://example.org/a/b?c=d&e=f#g", "user.name+tag@example.com", "C:\\temp\\x.txt", "#hashtag @mention", "a_b__c___d",
    "x=1;y+=2; // z", "if (a < b && c > d) { return; }", "a|b||c", "~^`*",
    "café", "cafe\u0301", "naïve", "nai\u0308ve", "Å", "A\u030a", "\u212b", "ñ", "n\u0303", "e\u0301\u0302\u0303", "\u0301", "a\u0301\u0301\u0301\u0301\u0301",
    "Ǆ ǅ ǆ", "ﬁ ﬂ ﬀ", "ｆｕｌｌ ｗｉｄｔｈ", "ＡＢＣ！？", "①②③", "㌔ ㍿", "™ ℃ Ω", "İstanbul ı I i", "ẞ ß SS", "Σίσυφος ΣΊΣΥΦΟΣ", "Straße", "Mädchen über",
    "一只小狗", "一只小狗在 green 草地", "照片里有多少人?", "小さな犬が走る", "テーブル", "ﾃｰﾌﾞﾙ", "か\u3099", "が", "작은 개가", "ㅈㅏㄱ", "\u110c\u1161\u11a8", "𠮷野家", "㐀㐁",
    "كلب صغير", "كَلْبٌ", "عدد\u200cالأشخاص", "ﻛﻠﺐ", "כלב קטן", "שָׁלוֹם", "एक छोटा कुत्ता", "क्षत्रिय", "स्त्री", "สุนัขตัวเล็ก", "น้ำ", "தமிழ்", "မြန်မာ", "ខ្មែរ", "አማርኛ", "ქართული", "Հայերեն",
    "Маленькая собака", "МАЛЕНЬКАЯ", "й и\u0306", "ё е\u0308", "Ένα μικρό",
    "😀", "😀😀", "a😀b", "dog 🐕 cat 🐈", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷🇩🇪", "❤️", "❤", "1️⃣", "☺", "☕️ coffee", "🧑🏿‍🚀!",
    "\u0000", "a\u0000b", "a\u0001\u0002b", "\u0007bell", "a\u007fb", "\u0085", "a\u00a0b", "a\u00adb", "a\u200bb", "a\u200db", "\u200e\u200f", "\ufeffbom", "a\u2028b\u2029c", "a\u3000b", "a\u2003b\u2009c",
    "\ufffd", "a\ufffdb", "\ufffe", "\U000e0041", "\U0010ffff", "\ue000", "\u1680", "\u180e", "\x1c\x1d", "a\x0bb\x0cc",
    "▁", "▁a", "a▁b", "▁▁", "a ▁ b", "##a", "a##b", "Ġ", "Ġdog", "</w>", "dog</w>", "Ã©", "â\u0096\u0081",
    "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "a [MASK] dog", "a[MASK]dog", " [MASK] ", "[mask]", "[MASK][MASK]", "[CLS] a [SEP] b [SEP]",
    "<s>", "</s>", "<pad>", "<unk>", "<mask>", "a <mask> dog", "a<mask>dog", "a  <mask>  dog", "<MASK>", "<s> a </s>", "a</s>b", "a </s> b", "</s>dog", "a <unk> b", "dog</s>! cat",
    "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "<|ENDOFTEXT|>", "<|startoftext|>dog<|endoftext|>", "<blank>", "a <mask-me> dog", "[ MASK ]", "<extra_id_0>",
    "x" * 99, "x" * 100, "x" * 101, "x" * 300, "dog" * 60, "ab" * 120, "é" * 60, "漢" * 40, "😀" * 20, "!" * 50, "1" * 40, "a " * 40, "Donaudampfschifffahrtsgesellschaftskapitän",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "aaaaaaaaaaaaaaaaaaaab", "the the the the", "antidisestablishmentarianism's",
]


def strings() -> list[str]:
    """The hand-written strings, then seeded mixtures of them and of the training text."""
    random.seed(7)
    words = " ".join(TRAINING).split()
    glue = [" ", "  ", "", "\n", "\t", ", ", "-", "'", "\u00a0", "\u3000", ". "]
    mixed = []
    for _ in range(90):
        parts = [random.choice(words if random.random() < 0.7 else _HAND[:-17]) for _ in range(random.randint(2, 9))]
        mixed.append("".join(part + random.choice(glue) for part in parts))
    return _HAND + TRAINING[::5] + mixed
