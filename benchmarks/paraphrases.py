"""Measure whether an issue finds its paraphrase in eight languages other than English, with the default model.

Each language has 24 invented issues: eight pairs that say the same in other words, and eight more. One issue of each
pair is the query, the other 23 are indexed with it. Plain BM25 over words, and over threes of characters (pairs in
Chinese, Japanese and Korean), are measured beside it.

`judged/paraphrases.jsonl` has twelve more pairs with bodies in each of twelve languages. There each of the 24 issues is
a query, once with its body and once by its title alone, and the better of pairs and threes stands for both.
"""

import argparse
import json
import math
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from common import emit

from dupfind.collection.collection import Collection
from dupfind.records import Record

# Lines in order: eight queries, their eight paraphrases, eight others.
_ISSUES = {
    "Chinese": """
打印发票时最后一页是空白的
夜间模式下按钮上的字看不清
上传大文件到一半就中断
忘记密码的邮件一直收不到
地图放大以后标记的位置不对
视频播放没有声音
导入表格后日期全部错了一天
同步联系人以后出现很多重复的人
发票打印出来末页什么内容都没有
深色主题里按键文字和背景颜色太接近
传输体积较大的附件总在百分之五十左右断开
找回密码时系统不发送邮件
缩放地图之后图钉偏离了正确地点
播放影片是静音的
从表格文件导入的日期比原来早一天
联系人同步完成后同一个人有好几条记录
希望增加法语界面
搜索结果不按时间排序
退出登录后仍能看到订单
相机扫码很慢
希望可以自定义快捷键
通知铃声不能关闭
安装程序要求管理员权限
聊天记录导出为文本
""",
    "Japanese": """
請求書を印刷すると最後のページが白紙になる
夜間モードでボタンの文字が読めない
大きなファイルのアップロードが途中で止まる
パスワード再設定のメールが届かない
地図を拡大すると印の位置がずれる
動画の音が出ない
表を取り込むと日付が一日ずれる
連絡先を同期すると同じ人が何人も出る
請求書の印刷で末尾に何も書かれていない紙が出てくる
ダークテーマではボタンの字が背景に埋もれて見えない
サイズの大きい添付を送ると半分くらいで切断される
パスワードを忘れたときのメールが送られてこない
地図をズームするとピンが正しい場所から外れる
動画を再生しても無音のまま
表のファイルから読み込んだ日付が前の日になる
同期のあと連絡先が重複している
フランス語の画面がほしい
検索結果が時間順に並ばない
ログアウトしても注文が見える
カメラでの読み取りが遅い
ショートカットキーを変えたい
通知音を消せない
インストールに管理者権限が要る
会話の履歴をテキストで保存したい
""",
    "German": """
Beim Drucken der Rechnung bleibt die letzte Seite leer
Im Nachtmodus kann man die Schrift auf den Knöpfen nicht lesen
Das Hochladen großer Dateien bricht auf halbem Weg ab
Die Nachricht zum Zurücksetzen des Passworts kommt nicht an
Nach dem Vergrößern der Karte sitzen die Markierungen falsch
Videos werden ohne Ton abgespielt
Nach dem Import der Tabelle sind alle Daten um einen Tag verschoben
Nach dem Abgleich sind viele Kontakte doppelt vorhanden
Rechnungsdruck liefert am Ende ein weißes Blatt
Dunkles Design: Beschriftung der Schaltflächen ist unlesbar
Große Dateien lassen sich nicht vollständig hochladen, Abbruch nach der Hälfte
Passwort vergessen: es wird keine Mail verschickt
Markierungen der Karte liegen beim Zoomen daneben
Kein Ton bei der Wiedergabe eines Videos
Tabellenimport verschiebt jedes Datum auf den Vortag
Doppelte Kontakte nach der Synchronisierung
Bitte eine französische Oberfläche anbieten
Suchergebnisse sind nicht nach Zeit sortiert
Nach dem Abmelden sind Bestellungen noch sichtbar
Das Scannen mit der Kamera ist langsam
Tastenkürzel sollen einstellbar sein
Der Klingelton lässt sich nicht abschalten
Die Installation verlangt Rechte eines Administrators
Gesprächsverlauf als Text ausgeben
""",
    "Arabic": """
عند طباعة الفاتورة تكون الصفحة الأخيرة فارغة
لا يمكن قراءة نص الأزرار في الوضع الليلي
يتوقف رفع الملفات الكبيرة في المنتصف
لا تصل رسالة استعادة كلمة المرور
تصبح العلامات في مكان خاطئ بعد تكبير الخريطة
الفيديو يعمل بدون صوت
بعد استيراد الجدول تتأخر التواريخ يوما
تتكرر جهات الاتصال بعد المزامنة
طباعة الفواتير تخرج ورقة بيضاء في النهاية
كتابة الأزرار غير واضحة مع المظهر الداكن
تحميل ملف كبير ينقطع عند النصف
نسيت كلمة المرور ولم أستلم أي بريد
مواقع العلامات على الخريطة غير صحيحة عند التكبير
لا يوجد صوت عند تشغيل مقطع الفيديو
التواريخ المستوردة من الجدول خاطئة بيوم واحد
المزامنة تنشئ جهات اتصال مكررة
نرجو إضافة واجهة فرنسية
نتائج البحث غير مرتبة حسب الوقت
الطلبات تظهر بعد تسجيل الخروج
المسح بالكاميرا بطيء
تخصيص اختصارات لوحة المفاتيح
لا يمكن إيقاف نغمة التنبيه
التثبيت يطلب صلاحيات المدير
تصدير المحادثة كنص
""",
    "Korean": """
청구서를 인쇄하면 마지막 쪽이 비어 있습니다
야간 모드에서 버튼 글자를 읽을 수 없습니다
큰 파일을 올리면 중간에 멈춥니다
비밀번호 재설정 메일이 오지 않습니다
지도를 확대하면 표시 위치가 틀립니다
동영상에서 소리가 나지 않습니다
표를 가져오면 날짜가 하루 틀립니다
동기화하면 연락처가 여러 개 생깁니다
청구서 인쇄 끝에 백지가 나옵니다
어두운 테마에서는 버튼의 글자가 배경과 구분되지 않음
대용량 파일 업로드가 절반쯤에서 끊김
비밀번호를 잊었을 때 메일을 받지 못함
지도 확대 후 핀의 위치가 어긋남
동영상 재생 시 무음
표 파일에서 가져온 날짜가 전날로 바뀜
동기화 후 같은 연락처가 중복됨
프랑스어 화면을 추가해 주세요
검색 결과가 시간순이 아닙니다
로그아웃해도 주문이 보입니다
카메라 스캔이 느립니다
단축키를 바꾸고 싶습니다
알림음을 끌 수 없습니다
설치에 관리자 권한이 필요합니다
대화 내용을 텍스트로 내보내기
""",
    "Russian": """
При печати счёта последняя страница пустая
В ночном режиме не видно надписей на кнопках
Загрузка больших файлов обрывается на середине
Не приходит письмо для сброса пароля
После увеличения карты метки стоят не на своих местах
Видео воспроизводится без звука
После импорта таблицы все даты сдвинуты на день
После синхронизации появляется много одинаковых контактов
Печать счетов: в конце выходит чистый лист
Тёмная тема: текст кнопок сливается с фоном
Большой файл не загружается целиком, связь рвётся на половине
Забыл пароль, а письмо не отправляется
Метки на карте смещаются при увеличении
Нет звука при воспроизведении видео
Даты из импортированной таблицы на один день раньше
Контакты дублируются при синхронизации
Добавьте французский интерфейс
Результаты поиска не отсортированы по времени
После выхода видны заказы
Сканирование камерой медленное
Хочу настраивать сочетания клавиш
Нельзя отключить звук уведомлений
Установка требует прав администратора
Выгрузка переписки в текст
""",
    "Spanish": """
Al imprimir la factura la última página sale en blanco
En modo nocturno no se lee el texto de los botones
La subida de archivos grandes se corta a la mitad
No llega el correo para restablecer la contraseña
Al ampliar el mapa los marcadores quedan en otro sitio
Los vídeos se reproducen sin sonido
Al importar la tabla todas las fechas cambian un día
Después de sincronizar aparecen contactos repetidos
La impresión de facturas termina con una hoja vacía
Tema oscuro: las letras de los botones se confunden con el fondo
Un archivo de gran tamaño deja de subir en el cincuenta por ciento
Olvidé mi contraseña y el sistema no envía ningún correo
Los marcadores del mapa se desplazan al hacer zoom
No se oye nada al reproducir un vídeo
Fechas importadas de una tabla con un día de menos
La sincronización duplica los contactos
Añadir la interfaz en francés
Los resultados de la búsqueda no están por fecha
Los pedidos se ven después de cerrar sesión
El escaneo con la cámara es lento
Quiero configurar los atajos del teclado
No se puede apagar el tono de aviso
La instalación exige permisos de administrador
Exportar la conversación como texto
""",
    "French": """
La dernière page est vide quand on imprime la facture
En mode nuit le texte des boutons est illisible
L'envoi de gros fichiers s'arrête à la moitié
Le courriel de réinitialisation du mot de passe n'arrive pas
Après agrandissement de la carte les repères sont mal placés
Les vidéos sont lues sans le son
Après l'import du tableau toutes les dates sont décalées d'un jour
Beaucoup de contacts en double après la synchronisation
L'impression des factures finit par une feuille blanche
Thème sombre : les lettres des boutons se confondent avec le fond
Un fichier volumineux cesse d'être envoyé à cinquante pour cent
Mot de passe oublié : aucun message n'est envoyé
Les repères de la carte se déplacent quand on zoome
Aucun son pendant la lecture d'une vidéo
Les dates importées d'un tableau ont un jour de retard
La synchronisation crée des contacts identiques
Ajouter une interface en espagnol
Les résultats de recherche ne sont pas triés par date
Les commandes restent visibles après la déconnexion
La lecture avec l'appareil photo est lente
Je veux changer les raccourcis du clavier
Impossible de couper la sonnerie des alertes
L'installation demande les droits d'administrateur
Exporter la conversation en texte
""",
}
_N_PAIRS = 8
_WITH_BODIES = Path(__file__).parent / "judged" / "paraphrases.jsonl"
_DENSE = ("Chinese", "Japanese", "Korean")


def main() -> None:
    """Index each language by itself, and search for one issue of each pair."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    found: dict[str, dict[str, int]] = {}
    for language, text in _ISSUES.items():
        titles = text.strip().splitlines()
        width = 2 if language in _DENSE else 3
        found[language] = {
            "dupfind": _right(titles, _searched(titles)),
            "bm25 words": _right(titles, _bm25(titles, _words)),
            "bm25 characters": _right(titles, _bm25(titles, _parts(width))),
        }
    emit("paraphrases", of=_N_PAIRS, issues=len(titles), first=found)
    pairs: dict[str, list[tuple[Record, Record]]] = defaultdict(list)
    for line in _WITH_BODIES.read_text(encoding="utf-8").splitlines():
        issue = json.loads(line)
        pairs[issue["language"]].append(
            (
                Record(id="", title=issue["title"], body=issue["body"]),
                Record(id="", title=issue["other_title"], body=issue["other_body"]),
            )
        )
    for has_body in (True, False):
        figures = {language: _of_pairs(issues, has_body) for language, issues in pairs.items()}
        emit("paraphrases of pairs", has_body=has_body, of=24, first=figures)


def _of_pairs(pairs: Sequence[tuple[Record, Record]], has_body: bool) -> dict[str, int]:
    """Return how many issues of some pairs have their other one as first hit, by each search."""
    n = len(pairs)
    records = [
        replace(record, id=str(place), body=record.body if has_body else "")
        for place, record in enumerate([*(one for one, _ in pairs), *(other for _, other in pairs)])
    ]
    texts = [f"{record.title} {record.body}" for record in records]

    def right(first: Callable[[int], int]) -> int:
        return sum(first(place) == (place + n) % (2 * n) for place in range(2 * n))

    return {
        "dupfind": right(_first_hits(records, 2 * n)),
        "bm25 words": right(_bm25(texts, _words)),
        "bm25 characters": max(right(_bm25(texts, _parts(width))) for width in (2, 3)),
    }


def _right(titles: Sequence[str], first: Callable[[int], int]) -> int:
    """Return how many of the first issues of the pairs have the second one as first hit."""
    assert len(titles) == 3 * _N_PAIRS
    return sum(first(place) == place + _N_PAIRS for place in range(_N_PAIRS))


def _searched(titles: Sequence[str]) -> Callable[[int], int]:
    return _first_hits([Record(id=str(place), title=title) for place, title in enumerate(titles)], _N_PAIRS)


def _first_hits(records: Sequence[Record], n_queries: int) -> Callable[[int], int]:
    with tempfile.TemporaryDirectory() as folder:
        with Collection.create(folder) as collection:
            collection.index(records)
        with Collection.open(folder) as collection:
            hits = [collection.search(record, k=2) for record in records[:n_queries]]
    # The record itself may be the first hit.
    return lambda place: next(int(hit.id) for hit in hits[place] if hit.id != str(place))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _parts(width: int) -> Callable[[str], list[str]]:
    return lambda text: [text.lower()[at : at + width] for at in range(len(text) - width + 1)]


def _bm25(titles: Sequence[str], tokens: Callable[[str], list[str]]) -> Callable[[int], int]:
    counts = [Counter(tokens(title)) for title in titles]
    mean = sum(count.total() for count in counts) / len(counts)
    n_with = Counter(token for count in counts for token in count)

    def score(query: int, other: int) -> float:
        damping = 1.2 * (0.25 + 0.75 * counts[other].total() / mean)
        return sum(
            math.log(1 + (len(counts) - n_with[token] + 0.5) / (n_with[token] + 0.5))
            * counts[other][token]
            * 2.2
            / (counts[other][token] + damping)
            for token in counts[query]
        )

    return lambda query: max(
        (other for other in range(len(counts)) if other != query), key=lambda other: score(query, other)
    )


if __name__ == "__main__":
    main()
