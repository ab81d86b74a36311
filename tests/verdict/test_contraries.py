"""Opposites set two texts apart only where both ask for, or both state, one thing and its contrary."""

import pytest

from dupfind.records import Record
from dupfind.verdict.differences import difference
from dupfind.verdict.near_copy import overlap


def kinds(left: str, right: str) -> set[str | None]:
    """Return the kinds of difference of two titles, from either side."""
    both = [Record(id="", title=title) for title in (left, right)]
    found = (difference(one, other, overlap(one.title, other.title)) for one, other in (both, both[::-1]))
    return {None if difference is None else difference.kind for difference in found}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Make the export better", "The export has become worse"),
        ("Make the installer easier", "Installer is difficult"),
        ("Make the shadow of the cards stronger", "Shadow of the cards is weak"),
        ("Make the import of photos faster", "Import of photos too slow"),
        ("Make the import of photos faster", "Slow import of photos"),
        ("Margin should be wider", "Margin is very narrow"),
        ("Show the status bar in full screen", "Status bar is hidden in full screen"),
        ("Turn the alarm on at night", "Alarm is off at night"),
        ("Suche schneller machen", "Suche ist zu langsam"),
        ("Schrift in der Tabelle größer machen", "Schrift in der Tabelle ist zu klein"),
        ("Hacer botón más grande", "Botón muy pequeño"),
        ("请把图标调大", "图标太小"),
    ],
)
def test_a_fault_and_the_wish_to_mend_it_are_no_contraries(left: str, right: str) -> None:
    assert kinds(left, right) == {None}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Make the cards larger", "Make the cards smaller"),
        ("Make the margin wider", "Margin should be narrower"),
        ("Lower the price of a berth", "Raise the price of a berth"),
        ("Photos load too fast", "Photos load too slow"),
        ("Make the header of the table blue", "Footer of the table is blue"),
        ("Make server errors of the shop readable", "Client errors of the shop readable"),
        ("Make the reader retry on a timeout", "Writer retry on a timeout"),
        ("Suche schneller machen", "Suche langsamer machen"),
        ("Schrift in der Tabelle größer machen", "Schrift in der Tabelle kleiner machen"),
        ("Menü mit der Maus öffnen", "Menü mit der Maus schließen"),
        ("请把图标调大", "请把图标调小"),
    ],
)
def test_two_wishes_and_two_faults_are_contraries(left: str, right: str) -> None:
    assert kinds(left, right) == {"contrary"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ein Ordner wird nicht kopiert", "Ordner aus dem Archiv wird nicht kopiert"),
        ("Suche auf einem Tablet zeigt nichts", "Suche aus dem Menü zeigt nichts"),
        ("关于搜索的问题：上传以后退出", "开始搜索的问题：上传以后退出"),
        ("大部分视频不能播放", "小视频不能播放"),
        ("首页上方没有按钮", "下载首页没有按钮"),
        ("新版本付款没有反应", "旧手机付款没有反应"),
    ],
)
def test_an_article_and_a_part_of_another_word_are_no_opposites(left: str, right: str) -> None:
    assert "contrary" not in kinds(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("打开定位以后地图黑屏", "关闭定位以后地图黑屏"),
        ("启用自动备份", "禁用自动备份"),
        ("增加收藏夹的数量", "减少收藏夹的数量"),
        ("导入联系人", "导出联系人"),
        ("按日期升序排列照片", "按日期降序排列照片"),
        ("显示侧边栏的图标", "隐藏侧边栏的图标"),
        ("图标太大", "图标太小"),
        ("上一页按钮没有反应", "下一页按钮没有反应"),
        ("ブックマークを追加できない", "ブックマークを削除できない"),
        ("住所録のインポートが遅い", "住所録のエクスポートが遅い"),
        ("Добавить кнопку на карту", "Удалить кнопку на карту"),
        ("Вход по отпечатку не работает", "Выход по отпечатку не работает"),
        ("Impossible d'ajouter une étape au trajet", "Impossible de supprimer une étape du trajet"),
        ("L'import de la liste échoue", "L'export de la liste échoue"),
        ("Licht nachts einschalten", "Licht nachts ausschalten"),
    ],
)
def test_two_words_in_one_frame_are_opposites(left: str, right: str) -> None:
    assert kinds(left, right) == {"contrary"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Open the gate when not in the garden", "Close the gate when out of the garden"),
        ("Mute alarms when there is no meeting", "Unmute alarms when meeting is missing"),
        ("When not in the garden open the gate", "When out of the garden close the gate"),
        ("If there is no signal lock the door", "If signal is lost unlock the door"),
        ("Allow guests who have no account", "Forbid guests with no account"),
    ],
)
def test_a_negation_of_another_thing_hides_no_contrary(left: str, right: str) -> None:
    assert kinds(left, right) == {"contrary"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Do not open the gate at night", "Close the gate at night"),
        ("Wrong colour when not visible", "Wrong colour when hidden"),
        ("Do not turn the alarm on at night", "Turn the alarm off at night"),
        ("Guests must not be allowed to vote", "Forbid guests to vote"),
        ("夜里不能打开闹钟", "夜里关闭闹钟"),
    ],
)
def test_a_negation_of_the_opposite_turns_it_around(left: str, right: str) -> None:
    assert kinds(left, right) == {None}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('Revert "Keep the sheets in memory"', "Keep the sheets in memory"),
        ("Drop support for Lua 5.1", "Support for Lua 5.1"),
        ("Deprecate the pivot syntax", "Remove the deprecated pivot syntax"),
        ("Revert fix crash in the notebook", "Fix crash in the notebook"),
        ("Scanner jams every evening", "Scanner does not jam"),
        ("Lamp turns red although the rule is enabled", "Lamp turns red although the rule is disabled"),
        ("Compiler stops in a release build", "Compiler stops in a debug build"),
        ("Lamps turn on although the rule is disabled", "Lamps do not turn on although the rule is enabled"),
        ("Gate opens on its own at night", "Gate does not open at night"),
        ("The sheet importer skips blank rows", "The sheet exporter skips blank rows"),
        ("Forecast overstates the wind at sea", "Forecast understates the wind at sea"),
        ("Fee is wrong for boats over 12 metres", "Fee is wrong for boats under 12 metres"),
        ("Upstream of the pump is dry", "Downstream of the pump is dry"),
        ("Gauge inflates the level of the tank", "Gauge deflates the level of the tank"),
        ("Nie działa logowanie kartą", "Nie działa wylogowanie kartą"),
    ],
)
def test_what_undoes_the_other_and_what_does_not_happen_are_contraries(left: str, right: str) -> None:
    assert kinds(left, right) == {"contrary"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Remove blank rows at the end", "Blank rows at the end"),
        ("Captions of the map are overlaid", "Captions of the map are understood"),
        ("Setup of the inlet is done", "Setup of the outing is done"),
        # Things of a product that are called so.
        ("Undo drawing in the notebook loses colours", "Drawing in the notebook loses colours"),
        ("Rollback job ends with a KeyError", "Job ends with a KeyError"),
        ("Revert page is blank", "Page is blank"),
        ("Stop support chat at night", "Support chat at night"),
        ("Tide clock forgets my pier", "My pier is not remembered by the tide clock"),
        ("No hint for an empty basket", "Give a hint for each empty basket"),
        ("Scanner works only in the evening", "Scanner does not work in the morning hours"),
        ("Improve the plain hint of the scanner", "Scanner should not show a hint"),
    ],
)
def test_a_wish_in_other_words_undoes_nothing(left: str, right: str) -> None:
    assert "contrary" not in kinds(left, right)


@pytest.mark.parametrize(
    ("left", "right", "is_contrary"),
    [
        ("Lens of the lamp is cloudy", "Lens of the lamp is not clear", False),
        ("Sail menu is greyed out", "Sail menu cannot be chosen", False),
        ("Anchor alarm rings in calm water", "Anchor alarm does not ring in calm water", True),
        ("Crew can open the hatch at sea", "Crew cannot open the hatch at sea", True),
    ],
)
def test_a_negation_is_a_contrary_where_the_other_text_has_the_negated_word(
    left: str, right: str, *, is_contrary: bool
) -> None:
    assert ("contrary" in kinds(left, right)) == is_contrary


def test_two_words_for_one_fault_are_no_objects_where_one_is_negated_and_the_bodies_agree() -> None:
    titles = "Harbour passes are refused at night", "Harbour passes do not work at night"
    bodies = (
        "The barrier shows a red lamp for a pass. Coins are fine.",
        "There is a red lamp at the barrier; with coins it opens.",
    )
    left, right = (Record(id="", title=a, body=b) for a, b in zip(titles, bodies, strict=True))
    alone, other = (Record(id="", title=title, body="") for title in titles)
    assert difference(left, right, overlap(left.body, right.body)) is None
    assert difference(alone, other, overlap(alone.body, other.body)) is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Deprecation warning from the old loom", "Remove the deprecation warning from the old loom"),
        ("Deprecated knots in the weave command", "Remove deprecated knots in the weave command"),
        ("Deprecated shuttle is used in the tests", "Drop the deprecated shuttle used in the tests"),
    ],
)
def test_what_is_deprecated_and_the_wish_to_remove_it_are_one(left: str, right: str) -> None:
    assert kinds(left, right) == {None}
