"""Rewrite a date that is written in words, such as "1 de febrero de 2024 a las 10:00", as one of numbers and months."""

import re

from dupfind.sources.column_words import words

_MONTHS = """
jan, januar, january, janv, janvier, gen, gennaio, ene, enero, janeiro, januari, led, leden, ledna, sty, styczeń,
stycznia, янв, январь, января, січ, січень, січня, jän, jänner, ian, ianuarie, tammi, tammikuu, tammikuuta, január,
oca, ocak, ιαν, ιανουαρίου, يناير, ינואר;
feb, februar, february, févr, fév, février, febbraio, febrero, fev, fevereiro, februari, úno, únor, února, lut,
luty, lutego, фев, февр, февраль, февраля, лют, лютий, лютого, februarie, helmi, helmikuu, helmikuuta, febr,
február, şub, şubat, φεβ, φεβρουαρίου, فبراير, פברואר;
mar, march, mär, märz, mars, marzo, mrt, maart, março, bře, březen, března, marzec, marca, мар, март, марта, бер,
березень, березня, martie, maalis, maaliskuu, maaliskuuta, márc, március, mart, maret, marts, μαρ, μαρτίου, مارس,
מרץ;
apr, april, avr, avril, aprile, abr, abril, dub, duben, dubna, kwi, kwiecień, kwietnia, апр, апрель, апреля, кві,
квіт, квітень, квітня, aprilie, huhti, huhtikuu, huhtikuuta, ápr, április, nis, nisan, απρ, απριλίου, أبريل, ابريل,
אפריל;
may, mai, mayo, mag, maggio, maio, mei, kvě, květen, května, maj, maja, май, мая, тра, трав, травень, травня, touko,
toukokuu, toukokuuta, máj, május, mayıs, mája, μαΐ, μαι, μαΐου, μαΪου, μαίου, مايو, מאי;
jun, june, juni, juin, giu, giugno, junio, junho, čvn, čer, červen, června, cze, czerwiec, czerwca, июн, июнь, июня,
чер, черв, червень, червня, iun, iunie, kesä, kesäkuu, kesäkuuta, jún, június, haz, haziran, ιουν, ιουνίου, يونيو,
יוני;
jul, july, juli, juil, juillet, lug, luglio, julio, julho, čvc, červenec, července, lip, lipiec, lipca, июл, июль,
июля, лип, липень, липня, iul, iulie, heinä, heinäkuu, heinäkuuta, júl, július, tem, temmuz, ιουλ, ιουλίου, يوليو,
יולי;
aug, august, augusti, août, aoû, ago, agosto, augustus, srp, srpen, srpna, sie, sierpień, sierpnia, авг, август,
августа, сер, серп, серпень, серпня, elo, elokuu, elokuuta, augusztus, ağu, ağustos, agu, agt, agustus, αυγ,
αυγούστου, أغسطس, אוגוסט;
sep, sept, september, septembre, set, settembre, septiembre, setembro, zář, září, wrz, wrzesień, września, сен,
сент, сентябрь, сентября, вер, вересень, вересня, septembrie, syys, syyskuu, syyskuuta, szept, szeptember, eyl,
eylül, σεπ, σεπτ, σεπτεμβρίου, سبتمبر, ספטמבר;
oct, october, okt, oktober, octobre, ott, ottobre, octubre, out, outubro, říj, říjen, října, paź, październik,
października, окт, октябрь, октября, жов, жовт, жовтень, жовтня, octombrie, loka, lokakuu, lokakuuta, október, eki,
ekim, οκτ, οκτωβρίου, أكتوبر, אוקטובר;
nov, november, novembre, noviembre, novembro, lis, listopad, listopadu, listopada, ноя, нояб, ноябрь, ноября, лис,
лист, листопад, листопада, noi, noiembrie, marras, marraskuu, marraskuuta, kas, kasım, νοε, νοεμβρίου, نوفمبر,
נובמבר;
dec, december, dez, dezember, déc, décembre, dic, dicembre, diciembre, dezembro, pro, prosinec, prosince, gru,
grudzień, grudnia, дек, декабрь, декабря, гру, груд, грудень, грудня, decembrie, joulu, joulukuu, joulukuuta, ara,
aralık, des, desember, δεκ, δεκεμβρίου, ديسمبر, דצמבר
"""
MONTHS = {month: number for number, names in enumerate(_MONTHS.split(";"), 1) for month in words(names)}
"""The number of each month by its names and their beginnings, in lower case."""
_HOURS = {
    "est": -5,
    "edt": -4,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "wet": 0,
    "west": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "jst": 9,
    "kst": 9,
}
"""Hours to add to UTC in the zones that programs name by letters."""
_JOINING = frozenset(
    words(
        "de, del, d', à, às, at, um, a, las, alle, ore, ora, kl, klo, om, o, в, г, год, года, року, р, ngày, tháng,"
        " năm, lúc, pukul, jam, na, am, uhr"
    )
)
"""Words between the parts of a date that say nothing."""
_HALVES = {
    **dict.fromkeys(("上午", "午前", "오전", "凌晨", "早上"), "am"),
    **dict.fromkeys(("下午", "午後", "오후", "晚上"), "pm"),
    **dict.fromkeys(("am", "a.m"), "am"),
    **dict.fromkeys(("pm", "p.m"), "pm"),
}
_HALF = re.compile("[上下]午|午[前後]|오[전후]|凌晨|早上|晚上")
_WEEKDAY = re.compile(
    r"(?:星期|周|週)[一二三四五六日天]|[(\uff08][月火水木金土日一二三四五六월화수목금토일][)\uff09]|[월화수목금토일]요일"
)
_OF_TWO_MONTHS = re.compile(r"\d\. ?(?:listopada|lis)\b")
"""October in Croatian, and without the dot November in Polish: behind a dot such a month stays unknown."""
_UNIT = re.compile(r"(?<=\d)\s?(?:([年月년월])|([日일])|([时時点點시분分]|h(?=\s?\d\d(?!\d)))|[秒초])\s?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª)(?![^\W\d])")
_BETWEEN = re.compile(r"[\s,]+")
_TIME = re.compile(r"\d{1,2}:\d\d(?::(?:\d\d(?:\.\d{1,9})?)?)?")
_OFFSET = re.compile(r"(?:utc|gmt)?[+-]\d\d:?\d\d")
_MILLISECONDS = re.compile(r"/date\((-?\d{1,18})(?:[+-]\d{4})?\)/")  # of .NET


def tidied(value: str) -> str:
    """Return the parts of a date in one order: its day, its time, "am" or "pm", its zone; without words such as "of".

    Args:
        value: At most 120 characters.
    """
    plain = value.strip().lower()
    if (milliseconds := _MILLISECONDS.fullmatch(plain)) is not None:
        return milliseconds[1]
    plain = _WEEKDAY.sub(" ", plain.partition("[")[0])  # as in 2024-02-01T10:00+01:00[Europe/Berlin]
    plain = _HALF.sub(lambda word: f" {word[0]} ", plain)
    units = set(plain)
    plain = _ORDINAL.sub("", _UNIT.sub(_sign, plain))
    if plain[4:5] == plain[7:8] == "-" and plain[10:11] == "t":
        plain = f"{plain[:10]} {plain[11:]}"
    if not units.isdisjoint("月월") and units.isdisjoint("年년"):
        return ""  # the order of such a date is not known
    if _OF_TWO_MONTHS.search(plain) is not None:
        return ""
    parts = [stripped for part in _BETWEEN.split(plain) if (stripped := part.strip(".:"))]
    time = half = zone = ""
    days: list[str] = []
    for part in parts:
        if _TIME.fullmatch(part):
            time = time or part
        elif part in _HALVES and (time or part != "am"):  # as in "am 1. Februar" of German
            half = half or _HALVES[part]
        elif _OFFSET.fullmatch(part):
            zone = part
        elif part in _HOURS or part in ("utc", "gmt", "z"):
            zone = zone or (f"{_HOURS[part]:+03d}00" if part in _HOURS else "utc")
        elif part not in _JOINING:
            days.append(part)
    return " ".join(part for part in (*days, time, half, zone) if part)


def _sign(unit: re.Match[str]) -> str:
    """Return the sign that stands for a unit of Chinese, Japanese or Korean, and for the French hour."""
    return "-" if unit[1] else " " if unit[2] else ":" if unit[3] else ""
