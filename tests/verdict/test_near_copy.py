"""Tests of short texts, and of texts without spaces between words, that were posted again with light edits."""

import pytest

from dupfind.records import Record
from dupfind.verdict import near_copy
from dupfind.verdict.filled_forms import without_headings
from dupfind.verdict.near_copy import n_grams, overlap
from dupfind.verdict.relation import relation
from dupfind.verdict.words import Words, is_slip, is_sure_slip, sentences, spaced, spelled_out

SHORT = Record("1", "Stopwatch stands still in the second lap", "The hand does not move.")


def is_near_copy(left: Record, right: Record) -> bool:
    """Compare both ways, and require one answer."""
    found = {relation(*pair, is_same_text=False).is_near_copy for pair in ((left, right), (right, left))}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("stopwatch stands still in the second lap", "the hand does not move"),
        ("Stopwatch still in the second lap", "The hand does not move."),
        ("Stopwatch stands stil in the second lap", "The hand does not move."),
        ("Stopwatch stands still in the second lap", "Hello, the hand does not move."),
        ("Stopwatch stands still in the second lap", "The hand does not move. Please mend it soon."),
    ],
)
def test_a_text_of_one_sentence_with_a_light_edit_is_a_near_copy(title: str, body: str) -> None:
    assert is_near_copy(SHORT, Record("2", title, body))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("It crashes", "Again and again."),
        ("Stopwatch stands still in the second lap", "After a call the screen is locked for ever."),
        ("Stopwatch runs backwards in the second lap", "The hand moves to the left."),
    ],
)
def test_short_texts_that_say_another_thing_are_no_near_copies(title: str, body: str) -> None:
    assert not is_near_copy(SHORT, Record("2", title, body))


OFFICE = (
    "Five people share one scanner on the second floor. It was bought in spring and has the newest firmware. "
    "I restarted it twice and read the chapter of the manual, which says nothing about this. "
)


def test_two_texts_that_end_in_two_short_sentences_of_their_own_are_no_near_copies() -> None:
    left, right = (
        Record(end, "Trouble with the scanner", OFFICE + end)
        for end in ("The lid opens without any reason.", "The tray shows the pages of yesterday.")
    )
    assert not is_near_copy(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Best wishes, Paul Weber", "Thanks, Lucy Hall"),
        ("Nokia Lumia 930", "Fairphone Gigaset Edition"),
        ("Opera 98, Debian", "Vivaldi snapshot, Gentoo"),
    ],
)
def test_a_text_under_another_name_or_from_another_device_is_a_near_copy(left: str, right: str) -> None:
    records = (
        Record(end, "Trouble with the scanner", f"{OFFICE}\nThe lid opens by itself.\n{end}")
        for end in (left, right)
    )
    assert is_near_copy(*records)


CHINESE = Record(
    "1",
    "扫描仪第二层出现问题",
    "办公室五个人共用一台扫描仪。它是春天购买的,固件也是最新版本。我重新启动了两次,还看了说明书的章节。盖子会自己打开。",
)


def test_a_chinese_text_in_another_order_is_a_near_copy_and_one_with_another_end_is_none() -> None:
    pieces = CHINESE.body.split("。")
    moved = "。".join([*pieces[2:4], *pieces[:2], ""])
    assert is_near_copy(CHINESE, Record("2", CHINESE.title, moved))
    other = CHINESE.body.replace("盖子会自己打开", "打印出来的日期总是昨天")
    assert not is_near_copy(CHINESE, Record("2", CHINESE.title, other))


@pytest.mark.parametrize("comma", ["，", ",", ""])
def test_chinese_texts_without_a_full_stop_that_end_in_clauses_of_their_own_are_no_near_copies(
    comma: str,
) -> None:
    common = comma.join(
        (
            "路由器放在客厅的书架上面",
            "去年夏天在车站旁边的商店买的",
            "固件已经更新到最新版本",
            "我重新启动了三次",
            "说明书里关于故障的章节我也看过两遍",
            "",
        )
    )
    ends = ("看电影的时候声音比画面晚", "孩子房间里收不到任何信号")
    left, right = (Record(end, "网络故障", common + end) for end in ends)
    assert not is_near_copy(left, right)
    assert is_near_copy(left, Record("3", "网络故障", f"你好{comma}{left.body}"))


def test_a_han_character_is_a_word_and_begins_a_short_n_gram() -> None:
    assert Words.of("Windows版启动").spelled == ("Windows", "版", "启", "动")
    assert Words.of("ログイン画面").spelled == ("ログイン", "画", "面")
    assert n_grams("无法修改头像") == {"无法", "法修", "修改", "改头", "头像"}
    assert n_grams("Tab打开") == {"tab打开", "打开"}
    assert n_grams("启动abcdef") == {"启动", "动a", "abcde", "bcdef"}
    assert spaced("iOS版 2031年4月") == "iOS 版 2031 年 4 月"
    assert spelled_out(("启", "动", "app", "版")) == "启动 app 版"


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("guaard", "guard", True),
        ("gua" + "x" * 57 + "ard", "gu" + "x" * 57 + "ard", False),
        ("tset" + "x" * 57, "test" + "x" * 57, False),
        ("canont", "cannot", True),
        ("progres", "progress", False),  # its last letter: it may be a plural or another name
        ("nver", "never", True),
        ("chats", "charts", True),
        ("http", "https", False),
        ("parse", "sparse", False),
        ("gc", "gcc", False),
        ("reader", "writer", False),
    ],
)
def test_a_slip_changes_places_of_two_letters_or_leaves_out_one_inside(
    one: str, other: str, slip: bool
) -> None:
    assert is_slip(one, other) == is_slip(other, one) == slip


@pytest.mark.parametrize(
    ("one", "other", "sure"),
    [
        ("reciver", "receiver", True),
        ("canont", "cannot", True),
        ("mail", "maail", True),
        ("chats", "charts", False),
        ("form", "forum", False),
        ("mail", "maill", False),
    ],
)
def test_a_letter_left_out_of_a_short_word_may_make_another_word(one: str, other: str, sure: bool) -> None:
    assert is_sure_slip(one, other) == is_sure_slip(other, one) == sure


@pytest.mark.parametrize(
    ("plain", "longer", "is_near"),
    [
        ("Port the drawing module", "Port the rest of the drawing module", False),
        ("Match the demo to the new design", "Match the demo to the new design - sign-up page", False),
        ("Read the changelog at start", "CLI: Read the changelog at start", False),
        (
            "Slider getValue() is undefined",
            "Slider getStep(), getRange() and getValue() are undefined",
            False,
        ),
        ("Upload of photos halts at the end", "Upload of large photos halts at the end", True),
        ("Upload of photos halts at the end", "Error: Upload of photos halts at the end", True),
    ],
)
def test_a_title_alone_that_says_more_is_a_task_of_its_own(plain: str, longer: str, *, is_near: bool) -> None:
    assert is_near_copy(Record("1", plain), Record("2", longer)) is is_near


@pytest.mark.parametrize(
    ("title", "left", "right"),
    [
        ("Printer is offline again", "Please restart the printer prn04", "Please restart the printer lab9"),
        ("Checkout page is broken", "Status 302", "Status 503"),
        (
            "Idea: group photos",
            "I would like to group photos by month.",
            "I would like to group photos by place.",
        ),
        ("Key for the meeting room", "Please give a key to Clara.", "Please give a key to Dmitri."),
        (
            "Cannot build the firmware",
            "It stops when I build it with ninja",
            "It stops when I build it with scons",
        ),
        (
            "Invoice list opens slowly",
            "The draft tab of it needs minutes.",
            "The sent tab of it needs minutes.",
        ),
        ("Camera stops on the second photo", "See the video.", "See the core dump."),
        ("Unstable job in the pipeline", "Job Lint.check_url is unstable", "Job Lint.check_uri is unstable"),
        (
            "Dead anchor in the handbook",
            "See https://b.example/handbook/2",
            "See https://b.example/handbook/5",
        ),
        ("Sample ticket", "This is a sample ticket, never mind", "This is another sample ticket, never mind"),
        ("Lesson cannot be opened", "It is lesson 4.", "It is lesson 7."),
        (
            "Canvas does not open",
            "I press the button of the path tool.",
            "I press the button of the patch tool.",
        ),
        ("无法打开", "我想打开收藏夹", "我想打开通讯录"),
        ("无法修改", "我想修改自己的头像", "我想修改自己的昵称"),
        ("卡顿", "打开相册就卡顿", "打开相册就退出"),
    ],
)
def test_short_texts_that_each_name_their_own_thing_are_no_near_copies(
    title: str, left: str, right: str
) -> None:
    assert not is_near_copy(Record("1", title, left), Record("2", title, right))


PLAYLIST = Record(
    "1", "Playlist is empty after the import", "Webpage of the player shows 12 songs, I see none."
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Playlist", "Plalyist"),
        ("Playlist", "Playlst"),
        ("shows", "showws"),
        ("songs", "song"),
        ("empty", "blank"),  # another word of trackers for it
        ("Webpage", "Web page"),
        ("player", "pleyer"),
        ("Webpage of the player", "Webpage of player"),
        ("I see none.", "I see none. Restarting does not help."),
        ("Playlist", "Hi folks, playlist"),
    ],
)
def test_a_short_text_with_an_edit_of_one_side_is_a_near_copy(old: str, new: str) -> None:
    title, body = (text.replace(old, new) for text in (PLAYLIST.title, PLAYLIST.body))
    assert is_near_copy(PLAYLIST, Record("2", title, body))


@pytest.mark.parametrize(
    ("one", "other"), [("Plan", "Plain"), ("Form", "Forum"), ("World", "Word"), ("Font", "Front")]
)
def test_two_short_words_one_letter_apart_are_two_things_where_a_body_names_one(one: str, other: str) -> None:
    body = (
        "The panel at the left side of the editor stays grey when I click on {} and wait there for a minute."
    )
    left, right = (
        Record("1", f"{one} view is grey", body.format(f"the {one.lower()}")),
        Record("2", f"{other} view is grey", body.format("it")),
    )
    for pair in ((left, right), (right, left)):
        found = relation(*pair, is_same_text=False)
        assert found.difference is not None
        assert not found.is_near_copy


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Jam on Alt+P", "jam on alt+p!"),
        ("Stopwatch halts at start", "Stopwatch halts on start"),
        ("Jam with red, blue and green sheets", "Jam with green, blue and red sheets"),
        ("The lid opens", "Lid opens"),
        ("Stopwatch halts in Opera", "Stopwatch halts on Opera"),
        ("Stopwatch halts at the start", "Stopwatch halts in start"),
        ("Stopwatch does not halt on slow tracks", "Stopwatch does not hlat on slow tracks"),
    ],
)
def test_the_same_few_words_are_a_near_copy_also_in_another_order(left: str, right: str) -> None:
    assert is_near_copy(Record("1", left), Record("2", right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Turn on the lamp", "Turn the lamp"),
        ("The lamp is on", "The lamp is in"),
        ("The lamp is in.\nNobody sees it", "The lamp is on.\nNobody sees it"),
        ("The lamp is in\nNobody sees it", "The lamp is on\nNobody sees it"),
        ("Take in the lamps", "Take on the lamps"),
        ("Lamps drawn in paper", "Lamps drawn on paper"),
        ("Send from red to blue", "Send from blue to red"),
        ("!", "?"),
        ("C++ jams at start", "C# jams at start"),
    ],
)
def test_other_words_and_another_direction_are_no_near_copy(left: str, right: str) -> None:
    assert not is_near_copy(Record("1", left), Record("2", right))


FORM = """### {0}

The lid opens by itself when the room is warm.

### {1}

Close it and wait for an hour.

### {2}

_{3}_"""
ENGLISH = ("What happened?", "Steps to reproduce it", "Relevant log output", "No response")
SPANISH = ("¿Qué ha pasado?", "Pasos para reproducirlo", "Registro de mensajes", "Sin respuesta")


def test_one_report_in_a_translated_form_is_a_near_copy() -> None:
    title = "Lid opens by itself"
    english, spanish = Record("1", title, FORM.format(*ENGLISH)), Record("2", title, FORM.format(*SPANISH))
    assert is_near_copy(english, spanish)
    other = english.body.replace(
        "lid opens by itself when the room is warm", "tray shows pages of last week only"
    )
    other = other.replace("Close it and wait for an hour", "Print a letter with two pages")
    assert not is_near_copy(english, Record("3", "Old pages in the tray", other))


def test_a_command_with_another_file_in_a_long_report_is_a_near_copy() -> None:
    command = "Print the sheet with `sheet -P {0} > {0}.log` and wait."
    left, right = (
        Record("", "Trouble with the scanner", f"{OFFICE}\nThe lid opens by itself.\n{command.format(file)}")
        for file in ("letters", "minutes")
    )
    assert is_near_copy(left, right)


SHARED = (
    "The panel of the recorder stays grey for a minute when I plug the second microphone into the left port, and no "
    "lamp tells me why."
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            "**Happens with letters to more than one person**\n**Only since the paper was changed**\n",
            "**Happens with stamps that are read by camera**\n**Only behind the proxy of the office**\n",
        ),
        (
            "# dnf install recorder-tools\n# recorder --calibrate left\n",
            "# pacman -S microphones\n# microphones --volume nine\n",
        ),
        (
            "## Grey panel while printing letters\n\nSee below.\n\n## Second try without a printer\n\n",
            "## Grey panel while scanning stamps\n\nSee below.\n\n## Second try behind a proxy\n\n",
        ),
        ("__loudness_of_left__\n__depth_of_left__\n", "__colour_by_paper__\n__format_by_stamp__\n"),
    ],
)
def test_lines_that_look_like_headings_are_compared(left: str, right: str) -> None:
    texts = f"Recorder stays grey\n{left}{SHARED}", f"Recorder stays grey\n{right}{SHARED}"
    assert without_headings(*texts) == texts


def test_two_texts_that_differ_in_their_bold_lines_are_no_near_copies() -> None:
    left, right = (
        Record("", "Recorder stays grey", f"**Happens {one}**\n**Only {other}**\n{SHARED}")
        for one, other in (
            ("with letters to more than one person", "since the paper was changed on Monday"),
            ("with stamps that are read by camera", "behind the proxy of the office in Rome"),
        )
    )
    assert not is_near_copy(left, right)


@pytest.mark.parametrize("line", ["# in {}", "**bold {}**"])
def test_a_line_of_code_is_no_heading(line: str) -> None:
    english, spanish = (
        f"Title\n```\n{line.format(0)}\nyes\n{line.format(1)}\nno\n```\n### {heading}\nanswer"
        for heading in ("What happened to it?", "¿Qué ha pasado?")
    )
    assert without_headings(english, spanish) == (english, spanish)


def test_answers_and_an_empty_field_of_one_side_stay() -> None:
    english = "Title\n### What happened to it?\n**a** and **b**\n### Is it in the log?\n_No response_"
    german = "Title\n### Was ist passiert und wann?\n**a** and **b**\n### Steht es im Log?\n_keine Antwort_"
    assert without_headings(english, german) == ("Title\n**a** and **b**",) * 2
    filled = german.replace("_keine Antwort_", "_init_")
    assert without_headings(english, filled) == (
        "Title\n**a** and **b**\n_No response_",
        "Title\n**a** and **b**\n_init_",
    )


def test_a_text_is_read_once_for_all_texts_that_it_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watched(text: str) -> list[str]:
        read.append(text)
        return sentences(text)

    monkeypatch.setattr(near_copy, "sentences", watched)
    query = "The report has no page numbers.\nThey were there in the version of May."
    others = [f"{query}\nSeen on machine {number}." for number in range(6)]
    found = [overlap(query, other) for other in others]
    assert sorted(read) == sorted([query, *others])
    assert all(each.is_near_copy for each in found)


@pytest.mark.parametrize(
    ("titles", "bodies"),
    [
        (("Отчёт о рыбалке пуст", "Отчет о рыбалке пуст"), ("Всё остальное есть.", "Все остальное есть.")),
        (
            ("Prüfung für Öfen fällt aus", "Pruefung fuer Oefen faellt aus"),
            ("Der Prüfer hört früher auf.", "Der Pruefer hoert frueher auf."),
        ),
        (("Le relevé des marées est vidé", "Le releve des marees est vide"), ("", "")),
    ],
)
def test_a_text_without_its_accents_is_a_near_copy(titles: tuple[str, str], bodies: tuple[str, str]) -> None:
    left, right = (Record(id="", title=a, body=b) for a, b in zip(titles, bodies, strict=True))
    for pair in ((left, right), (right, left)):
        assert relation(*pair, is_same_text=False).is_near_copy


def test_a_mark_that_makes_another_letter_is_no_accent() -> None:
    left, right = (Record(id="", title=f"{name}を開けない", body="") for name in ("カラス", "ガラス"))
    assert not relation(left, right, is_same_text=False).is_near_copy


FORM = "### {}\nDer Anker hält nicht.\n\n### {}\nEr soll bei Sturm halten."


@pytest.mark.parametrize(
    ("headings", "is_equal"),
    [
        (("Fehler", "Wunsch"), True),
        (("Description", "Expected"), True),
        (("Erwartet", "Beschreibung"), False),
        (("Beschreibung", "Wunsch"), False),
    ],
)
def test_the_same_answers_under_other_headings_are_one_text(
    headings: tuple[str, str], *, is_equal: bool
) -> None:
    left, right = FORM.format("Beschreibung", "Erwartet"), FORM.format(*headings)
    ours, theirs = without_headings(f"Anker\n{left}", f"Anker\n{right}")
    assert (ours == theirs) == is_equal
