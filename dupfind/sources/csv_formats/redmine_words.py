"""The words of Redmine's CSV export in its 49 languages: column names, and the names of the link to an original."""

_HEADERS = {
    "subject": """
subject, aihe, assunto, asunto, chủ đề, emne, gaia, konu, mövzu, oggetto, onderwerp, perihal, predmet, předmět,
subiect, subjekat, subjekt, sujet, teema, tema, temat, temats, thema, tárgy, título, ämne, θέμα, гарчиг,
заглавие, наслов, предмет, тема, שם נושא, الموضوع, موضوع, เรื่อง, 主旨, 主题, 題名, 제목
""",
    "description": """
description, apraksts, aprašas, beschreibung, beschrijving, beskrivelse, beskrivning, descrición, descriere,
descripció, descripción, descrizione, descrição, deskribapena, deskripsi, kirjeldus, kuvaus, leírás, mô tả,
opis, popis, përshkrim, təsvir, yorum, περιγραφή, опис, описание, тайлбар, תיאור, الوصف, توضیح, รายละเอียด, 描述,
概述, 説明, 설명
""",
    "status": """
status, būsena, durum, egoera, estado, estat, gjendje, olek, situação, stare, stato, statuss, statut, stav,
státusz, tila, trạng thái, κατάσταση, статус, състояние, төлөв, מצב, الحالة, وضعیت, สถานะ, ステータス, 状态, 狀態, 상태
""",
    "project": """
project, dự án, layihə, progetto, proiect, proiektua, proje, projecte, projekat, projekt, projektas, projekti,
projekts, projet, projeto, prosjekt, proxecto, proyecto, proyek, έργο, проект, пројекат, төсөл, פרויקט, المشروع,
پروژه, โครงการ, プロジェクト, 專案, 项目, 프로젝트
""",
    "created": """
created, aangemaakt op, angelegt, creado, creat, creat la, creato, criado, criado em, créé, data utworzenia,
dibuat, izveidots, kreirano, krijuar më, loodud, luotu, létrehozva, napravljen, oluşturulma, opprettet,
oprettet, skapad, sortuta, sukurta, tạo, ustvarjen, vytvorené, vytvořeno, yaradılıb, δημιουργήθηκε, креиран,
креирано, от дата, создано, створено, үүссэн, נוצר, تم الانشاء في, ساخته شده در, สร้าง, 作成日, 创建于, 建立日期, 등록
""",
    "updated": """
updated, actualitzat, actualizado, actualizat la, aggiornato, aktualisiert, aktualizované, aktualizováno,
alterado, alterado em, atjaunots, atnaujintas(a), ažurirano, cập nhật, data modyfikacji, diperbarui,
eguneratuta, güncellenme, izmjenjeno, laatst gewijzigd op, mis-à-jour, módosítva, opdateret, oppdatert,
posodobljeno, promijenjen, päivitetty, përditësuar më, uppdaterad, uuendatud, yenilənib, ενημερώθηκε, ажурирано,
обновена, обновлено, оновлено, өөрчилсөн, עודכן, به‌روزشده در, تم التحديث, ปรับปรุง, 更新于, 更新日, 更新日期, 변경
""",
    "closed": """
closed, cerrada, chiuso, concluído, data zamknięcia, fechado, fermé, geschlossen am, gesloten, kapanış tarihi,
mbyllur më, pechado, stängd, suletud kuupäeval, tancada, uzavreté, uzavřeno, uždarytas, đã đóng, закрито,
закрыта, затворена, بسته‌شده در, 終了日, 結束日期, 结束日期, 완료일
""",
    "related": """
assumptes relacionats, demandes liées, erlazionatutako zereginak, gerelateerde issues, incidencias relacionadas,
i̇lişkili işler, kapcsolódó feladatok, korelirane aktivnosti, liittyvät tapahtumat, liên quan, masalah terkait,
peticiones relacionadas, peticións relacionadas, povezani predmeti, povezani zahtevki, powiązane zagadnienia,
related issues, relaterade ärenden, relaterede sager, relaterte saker, saistītie uzdevumi, segnalazioni
correlate, seotud teemad, související úkoly, srodni problemi, susiję darbai, súvisiace úlohy, tarefas
relacionadas, tichete asociate, zugehörige tickets, çështje të afërta, əlaqəli tapşırıqlar, σχετικά θέματα,
зв'язані питання, поврзани задачи, свързани задачи, связанные задачи, сродни проблеми, хамааралтай асуудлууд,
נושאים קשורים, بنود العمل ذات الصلة, مسأله‌های مرتبط, ปัญหาที่เกี่ยวข้อง, 相关的问题,
相關的議題清單, 関連するチケット, 연결된 일감
""",
    "private": """
private, pribatu, privaatne, privada, privadas, privado, privat, privatno, privato, privatus, privát, privé,
privée, prywatne, riêng tư, soukromý, súkromné, zaseben, özel, şəxsi, лична, приватна, частная, خاص, محرمانه,
プライベート, 私人, 私有, 비공개
""",
}
_DUPLICATES = """
bikoizten du, dubliuoja, dublē uzdevumu, duplica, duplicada de, duplicate, duplicats, dupliceert, duplikat,
duplikat von, duplikater, duplikati, duplikuje, duplikálja, duplikáty, duplique, duplira, dupliranih,
dupliserer, duplitseerib, is duplicate of, kopierar, kopio, salinan, trùng với, yinelenmiş, çoxaldır, është
përsëdytje e, αντίγραφα, дублира, дублирует, дублює, дупликати, дуплираних, хос хамааралтай, מכפיל את,
تکرارکننده, مكرر من, ซ้ำ, 已重複, 次のチケットと重複, 重复, 다음 일감에 중복됨:
"""
_YES = """
yes, ano, bai, bəli, có, evet, igen, ja, jah, jā, kyllä, oui, po, si, sim, sí, sì, taip, tak, ya, áno, ναι, да, так,
тийм, כן, آری, نعم, ใช่, はい, 是, 예
"""


def _words(listed: str) -> frozenset[str]:
    return frozenset(word.strip() for word in listed.replace("\n", " ").split(","))


HEADERS = {field: _words(listed) for field, listed in _HEADERS.items()}
"""The names of a column in lower case, by field."""
DUPLICATES = _words(_DUPLICATES)
"""The names of the link from a duplicate to its original, in lower case."""
YES = _words(_YES)
"""The values of the column "private" for private issues, in lower case."""
