"""The words of trackers' interfaces for columns and states, in the languages that most people use.

Jira, GitLab, Azure DevOps and others name the columns of an export in the language of the person who exports. Redmine's
own words, in its 49 languages, are in `csv_formats/redmine_words.py`.
"""

from dupfind.sources import further_languages
from dupfind.sources.csv_formats.redmine_words import HEADERS, YES

__all__ = [
    "ASKING",
    "CLOSED_FLAGS",
    "CLOSED_STATES",
    "DUPLICATE",
    "FIELD_WORDS",
    "NO_ANSWERS",
    "OPEN_FLAGS",
    "OPEN_STATES",
    "OUTWARD",
    "UNRESOLVED",
    "YES",
    "YES_ANSWERS",
    "words",
]

_FIELD_WORDS = {
    "id": """
nº incidencia, nº de incidencia, nº ticket, n° de ticket, n° d'incident, n° anomalie, nº do chamado, nº chamado,
номер обращения, номер инцидента, номер запроса, protocolo, meldingnummer, n.º, numéro du ticket, fehlernummer,
nummer, vorgangsschlüssel, schlüssel, vorgang, vorgangsnummer, ticketnummer, ticket nr, ticket-nr, fallnummer,
kennung, clé de ticket, clé, clé de l'anomalie, numéro, numéro de ticket, référence, identifiant,
clave de incidencia, clave, número, número de incidencia, número de ticket, identificador, chave da item,
chave do item, chave de item, chave da ocorrência, chave do ticket, chave, número do chamado, chave ticket,
chiave ticket, chiave segnalazione, chiave, numero, numero ticket, riferimento, код задачи, ключ задачи,
ключ запроса, ключ проблемы, код, ключ, номер, номер задачи, номер заявки, ид, 问题关键字, 事务关键字, 关键字,
事务键值, 编号, 序号, 工单号, 单号, 問題關鍵字, 編號, 單號, 課題キー, キー, チケット番号, 番号, 管理番号,
이슈 키, 키, 번호, 접수번호, klucz zgłoszenia, klucz, numer, numer zgłoszenia, sleutel, issuesleutel,
nummer van ticket, konu anahtarı, anahtar, numara, no
""",
    "title": """
intitulé de l'anomalie, intitulé du ticket, libellé, libellé de l'anomalie, fehlertitel, mangel,
kurztitel, korte omschrijving, descrição resumida, breve descripción, breve descrizione,
titel, zusammenfassung, betreff, überschrift, kurzbeschreibung, titre, résumé, sujet, objet, intitulé, título,
titulo, resumen, asunto, tema, resumo, assunto, titolo, riepilogo, oggetto, sommario, название, заголовок, тема,
резюме, сводка, краткое описание, 标题, 主题, 概要, 摘要, 标题名称, 標題, 主旨, 題名, 件名, タイトル, 要約,
概要, 제목, 요약, tytuł, temat, podsumowanie, samenvatting, onderwerp, başlık, özet, konu
""",
    "body": """
description détaillée, descripción detallada, descrição detalhada, descrizione dettagliata, ausführliche beschreibung,
détail, подробное описание, описание проблемы, descrição do problema, descripción del problema,
description du problème, descrizione del problema, verzoek, 現象, 症状, 事象, 問題内容, 不具合内容, beschreibung,
inhalt, details, text, fehlerbeschreibung, problembeschreibung, reproduktionsschritte, description, contenu, corps,
détails, texte, étapes de reproduction, descripción, descripcion, contenido, detalle, detalles, texto,
pasos para reproducir, descrição, descricao, conteúdo, detalhes, etapas de reprodução, descrizione, contenuto,
dettagli, testo, passaggi di riproduzione, описание, содержание, текст, подробности, текст заявки,
шаги воспроизведения, 描述, 内容, 详细描述, 问题描述, 详情, 正文, 重现步骤, 複現步驟, 內容, 說明, 説明, 内容詳細,
本文, 詳細, 再現手順, 설명, 내용, 본문, 재현 단계, opis, treść, szczegóły, kroki odtworzenia, omschrijving,
beschrijving, inhoud, açıklama, içerik
""",
    "state": """
bearbeitungsstatus, fehlerstatus, ticketstatus, vorgangsstatus,
status, zustand, state, état, etat, statut, estado, situação, stato, статус, состояние, 状态, 狀態, ステータス,
状態, 상태, stan, durum
""",
    "resolution": """
完了理由, クローズ理由, 解決理由, 关闭原因, 解决原因, motif de clôture, motivo de cierre, motivo do fechamento,
причина закрытия, lösung, résolution, resolución, resolução, risoluzione, резолюция, решение, 解决结果, 解决方案,
决议, 解決狀態, 解決状況, 解決策, 해결책, 해결 방법, rozwiązanie, rezolucja, oplossing, çözüm
""",
    "created": """
зарегистрировано, зарегистрирован, aanmaakdatum, gemeldet am, fecha alta, fecha de alta, fecha de registro,
fecha de detección, date de détection, date de signalement, data de registo, data de registro, data segnalazione,
eröffnungsdatum, eröffnet, erfasst am, erfasst, date d'ouverture, ouvert le, date d'enregistrement, fecha de apertura,
abierto el, data de abertura, aberto em, data di apertura,
data apertura, aperto il, дата открытия, дата регистрации, 发生时间,
開單日期, 起票日, 起票日時, 発生日, 発生日時, 접수일, 접수일시, data otwarcia, openingsdatum,
erstellt, erstellt am, erstellungsdatum, erstelldatum, angelegt, angelegt am, gemeldet am, eröffnet am,
création, créé, créé le, créée, date de création, crée le, creada, creado, creado el, fecha de creación,
fecha creación, creación, criado, criado em, criada, data de criação, creato, creata, creato il, data creazione,
data di creazione, создано, создан, создана, дата создания, создание, 创建日期, 创建时间, 已创建, 创建于,
提交时间, 提交日期, 建立日期, 建立時間, 作成日, 作成日時, 作成, 登録日, 登録日時, 생성일, 생성, 만듦, 등록일,
작성일, 만든 날짜, utworzono, utworzony, utworzone, data utworzenia, aangemaakt, aangemaakt op, oluşturuldu,
oluşturma tarihi
""",
    "updated": """
letzte aktualisierung, zuletzt geändert, dernière modification, dernière mise à jour, date de mise à jour,
última actualización, última modificación, última atualização,
última modificação, ultima modifica, ultimo aggiornamento,
последнее изменение, дата последнего изменения, последнее обновление, 最后更新,
最后修改, 最后更新时间, 最終更新, 最終更新日,
最終更新日時, 최종 수정일, 마지막 업데이트, ostatnia zmiana, ostatnia aktualizacja, laatst bijgewerkt,
aktualisiert, aktualisiert am, geändert, geändert am, änderungsdatum, letzte änderung, mise à jour, mis à jour,
mis à jour le, modifié le, date de modification, actualizada, actualizado, actualizado el,
fecha de actualización, modificado, atualizado, atualizado(a), atualizada, atualizado em, data de atualização,
aggiornato, aggiornata, aggiornato il, data aggiornamento, обновлено, обновлен, дата обновления, изменено,
дата изменения, 已更新, 更新日期, 更新时间, 更新于, 修改时间, 更新時間, 更新日, 更新日時, 更新, 업데이트,
업데이트 날짜, 변경일, 수정일, zaktualizowano, zaktualizowane, data aktualizacji, data modyfikacji, bijgewerkt,
güncellendi
""",
    "closed": """
geschlossen, fermé, fermée, clos, cerrado, cerrada, fechado, fechada, chiuso, chiusa, закрыт, закрыта, 关闭, 已关闭,
クローズ, 닫힘, zamknięte, gesloten, abschlussdatum, schließdatum, abgeschlossen am, date de clôture, clôturé le,
date de fermeture, résolu le, fecha cierre, data de fechamento, data de encerramento, encerrado em,
data di chiusura, data chiusura, дата завершения, дата выполнения, 完成时间, 完成日期, 关闭日期, 完了日時,
クローズ日, 완료일시, 종료일, data zakończenia, sluitingsdatum, erledigt, erledigt am, gelöst, gelöst am,
geschlossen am, résolu, résolue, fermé le, date de résolution, resuelta, resuelto, cerrado el, fecha de resolución,
fecha de cierre, resolvido, resolvida, fechado em, data de resolução, risolto, risolta, chiuso il, data risoluzione,
дата решения, решено, закрыто, дата закрытия, 已解决, 解决日期, 解决时间, 关闭时间, 解決日, 解決日時, 完了日,
해결일, 해결됨, 완료일, rozwiązano, rozwiązane, data rozwiązania, zamknięto, opgelost, çözüldü
""",
    "project": """
projekt, projektname, nom du projet, clé de projet, projet, nombre del proyecto, proyecto, nome do projeto,
projeto, nome progetto, progetto, название проекта, проект, 项目名称, 项目, 專案, プロジェクト名, プロジェクト,
프로젝트 이름, 프로젝트, nazwa projektu
""",
    "duplicate_of": """
重复bug id, 重复bug, 重复id, 重复缺陷, 重复问题, 重复的问题,
duplikat von, dublette von, doublon de, duplicata de, duplicado de, duplicada de, duplicato di, дубликат, дубль,
重复于, 重複元, 重複先, 중복 대상, duplikat
""",
    "security": """
security level, sicherheitsstufe, sicherheitsebene, niveau de sécurité, nivel de seguridad, nível de segurança,
livello di sicurezza, уровень безопасности, 安全级别, 安全等級, セキュリティレベル, セキュリティ レベル,
보안 수준, 보안 레벨, poziom bezpieczeństwa, poziom zabezpieczeń, beveiligingsniveau, güvenlik düzeyi
""",
    "issue_key": """
issue key, vorgangsschlüssel, clé de ticket, clé du ticket, clé de l'anomalie, clave de incidencia,
clave de la incidencia, chave da item, chave do item, chave de item, chave da ocorrência, chave do ticket,
chave ticket, chiave ticket, chiave segnalazione, код задачи, код проблемы, код запроса, ключ задачи, ключ запроса,
ключ проблемы, 问题关键字, 事务关键字, 事务键值, 問題關鍵字, 課題キー, 이슈 키, klucz zgłoszenia, issuesleutel,
konu anahtarı
""",
    "key": """
schlüssel, clé, clave, chave, chiave, ключ, 关键字, 键值, 關鍵字, キー, 키, klucz, sleutel, anahtar
""",
    "status_category": """
status category, statuskategorie, catégorie d'état, catégorie de statut, catégorie d’état, categoría de estado,
categoria do status, categoria di stato, категория статуса, 状态类别, 状态分类, ステータス カテゴリ,
ステータス カテゴリー, ステータスカテゴリー, 상태 범주, 상태 카테고리, kategoria statusu, kategoria stanu
""",
    "comments": """
comment, comments, kommentar, kommentare, commentaire, commentaires, comentario, comentarios, comentário,
comentários, commento, commenti, комментарий, комментарии, 评论, 备注, 評論, コメント, 댓글, 코멘트, komentarz,
komentarze, opmerking, yorum
""",
    "votes": """
votes, stimmen, votos, voti, голоса, голосов, 投票, 得票, 投票数, 투표, głosy, stemmen, oylar
""",
    "private": """
confidential, vertraulich, confidentiel, confidencial, riservato, конфиденциально, 机密, 機密, 보안, poufne,
vertrouwelijk
""",
}
_OUTWARD_WORDS = """
outward, ausgehend, sortant, saliente, salida, saída, de saída, in uscita, uscente, исходящ, внешн, 对外, 外向,
外部, 向外, 對外, 発信, 나가는, 외부, 발신, wychodząc, uitgaand, giden
"""
_UNRESOLVED = """
unresolved, nicht erledigt, ungelöst, non résolu, non résolue, sin resolver, não resolvido, não resolvida,
irrisolto, non risolto, не решен, не решена, не решено, нет решения, 未解决, 未解決, 미해결, nierozwiązane,
nie rozwiązano, onopgelost, çözülmedi
"""
_DUPLICATE = """
duplicate, duplikat, dublette, doublon, duplicata, duplicado, duplicada, duplicato, дубликат, дубль, дублирует,
重复, 重複, 중복, duplicaat, yinelenen
"""
_OPEN_STATES = """
à traiter, à corriger, en traitement, en cours de traitement, por resolver, en revisión, em análise, da risolvere,
offen, neu, in arbeit, in bearbeitung, zu erledigen, ausgewählt für entwicklung, wieder geöffnet, aktiv,
zugewiesen, à faire, ouvert, ouverte, nouveau, nouvelle, en cours, rouvert, réouvert, en attente, actif,
abierto, abierta, nuevo, nueva, en curso, en progreso, por hacer, tareas por hacer, reabierto, reabierta,
pendiente, activo, aberto, aberta, novo, nova, em andamento, em progresso, a fazer, tarefas pendentes, reaberto,
pendente, ativo, aperto, aperta, nuovo, nuova, in corso, da fare, da completare, riaperto, in sospeso, attivo,
открыт, открыта, открыто, открытый, новый, новая, новое, в работе, в процессе, к выполнению, сделать,
переоткрыт, ожидает, активный, назначена, 打开, 开放, 新建, 新, 进行中, 处理中, 待办, 待处理, 重新打开, 激活, 未解决,
已打开, 活动, 開啟, 進行中, 待辦, 新增, オープン, 新規, 未着手, 進行中, 対応中, 未対応, 再オープン, 作業前,
열림, 신규, 진행 중, 진행중, 할 일, 다시 열림, 미해결, 접수, otwarte, otwarty, nowe, nowy, w toku, do zrobienia,
w trakcie, ponownie otwarte, aktywny, w realizacji, open, nieuw, te doen, mee bezig, açık, yeni, devam ediyor,
yapılacaklar
"""
_CLOSED_STATES = """
corrigé, corrigée, traité, traitée, livré, livrée, corregido, corregida, solucionado, solucionada, corrigido,
corrigida, corretto, corretta,
geschlossen, erledigt, fertig, gelöst, behoben, abgelehnt, abgeschlossen, abgebrochen, terminé, terminée, fermé,
fermée, résolu, résolue, clos, close, rejeté, annulé, cerrado, cerrada, resuelto, resuelta, hecho, finalizado,
finalizada, listo, completado, rechazado, cancelado, terminado, fechado, fechada, resolvido, resolvida,
concluído, concluída, itens concluídos, feito, pronto, rejeitado, encerrado, chiuso, chiusa, risolto, risolta,
completato, completata, fatto, rifiutato, annullato, закрыт, закрыта, закрыто, закрытый, решен, решена, решено,
готово, выполнено, выполнена, завершено, завершена, отклонено, отклонена, отменено, отменена, 关闭, 已关闭,
已解决, 完成, 已完成, 已拒绝, 已取消, 已修复, 關閉, 已關閉, 已解決, クローズ, 完了, 解決済み, 終了, 却下,
処理済み, 対応済み, 닫힘, 종료, 완료, 완료됨, 해결됨, 해결, 거절, 취소됨, zamknięte, zamknięty, rozwiązane,
rozwiązany, gotowe, zakończone, ukończone, odrzucone, anulowane, gesloten, opgelost, gereed, klaar, kapalı,
tamamlandı, çözüldü, kapatıldı
"""
OPEN_STATES = f"{_OPEN_STATES},{further_languages.OPEN_STATES}"
"""The words for an issue that is not finished."""
CLOSED_STATES = f"{_CLOSED_STATES},{further_languages.CLOSED_STATES}"
"""The words for an issue that is finished."""

OPEN_FLAGS = """
open, isopen, unresolved, still open, unfinished, offen, noch offen, ungelöst, unerledigt, ouvert, ouverte,
non résolu, non résolue, abierto, abierta, sin resolver, aberto, aberta, não resolvido, não resolvida, aperto,
aperta, irrisolto, irrisolta, открыт, открыта, открыто, не решен, не решена, не решено, 打开, 开放, 未关闭, 未解决,
未完成, 開啟, 未關閉, 未解決, オープン, 未完了, 열림, 미해결, 미완료, otwarte, otwarty, otwarta, nierozwiązane,
onopgelost, açık, çözülmedi
"""
"""The names of columns of answers that say whether an issue is open."""
CLOSED_FLAGS = """
closed, isclosed, close, resolved, isresolved, done, isdone, completed, iscompleted, complete, finished, fixed,
solved, archived, isarchived, geschlossen, erledigt, abgeschlossen, fertig, gelöst, behoben, archiviert, fermé,
fermée, résolu, résolue, terminé, terminée, clos, close, clôturé, clôturée, fait, faite, archivé, archivée, cerrado,
cerrada, resuelto, resuelta, hecho, hecha, completado, completada, terminado, terminada, finalizado, finalizada,
archivado, archivada, fechado, fechada, resolvido, resolvida, concluído, concluída, feito, feita, encerrado,
encerrada, arquivado, arquivada, chiuso, chiusa, risolto, risolta, completato, completata, fatto, fatta, archiviato,
archiviata, закрыт, закрыта, закрыто, решен, решена, решено, решён, выполнен, выполнена, выполнено, завершено,
завершена, готово, в архиве, 关闭, 已关闭, 解决, 已解决, 完成, 已完成, 已归档, 關閉, 已關閉, 已解決, 解決, 解決済み,
クローズ, 完了, 完了済み, 対応済み, アーカイブ, 닫힘, 종료, 완료, 완료됨, 해결, 해결됨, 보관됨, zamknięte,
zamknięty, zamknięta, rozwiązane, rozwiązany, gotowe, zakończone, ukończone, zarchiwizowane, gesloten, opgelost,
gereed, klaar, afgerond, kapalı, tamamlandı, çözüldü
"""
"""The names of those that say whether it is closed, likeliest first."""
ASKING = """
is, was, has been, are, still, already, ist, bereits, est, está, é, è, jest, 是否, 是否已, 已
"""
"""What such a name may begin with."""
_YES_ANSWERS = """
1, 1.0, t, true, y, yes, on, x, ✓, ✔, ✅, ☑, ☒, [x], checked, wahr, vrai, verdadero, verdadeiro, vero, истина, 真, 是,
✔️, prawda, waar, doğru, evet, sì, s, si, 예, 네, はい, \x01
"""
_NO_ANSWERS = """
0, 0.0, f, false, n, no, off, [ ], [], ☐, unchecked, ✗, ✘, ❌, nein, non, não, нет, 否, いいえ, 아니요, 아니오, nie,
nee, hayır, falsch, faux, falso, ложь, 假, fałsz, onwaar, yanlış, \x00
"""


def words(listed: str) -> frozenset[str]:
    """Return the words of a list with commas, in lower case."""
    return frozenset(" ".join(word.split()).lower() for word in listed.split(",") if word.strip())


_REDMINE_FIELDS = {
    "title": "subject",
    "body": "description",
    "state": "status",
    "project": "project",
    "created": "created",
    "updated": "updated",
    "closed": "closed",
    "private": "private",
}

FIELD_WORDS = {
    field: words(listed)
    | words(further_languages.FIELD_WORDS.get(field, ""))
    | HEADERS.get(_REDMINE_FIELDS.get(field, ""), frozenset())
    for field, listed in _FIELD_WORDS.items()
}
"""The names of a column in lower case, by field; some fields are those of Jira alone."""
OUTWARD = tuple(words(_OUTWARD_WORDS))
"""Parts of the names of Jira's columns for links from an issue to others, in lower case."""
UNRESOLVED = words(_UNRESOLVED)
"""The names of a resolution that says there is none, in lower case."""
YES_ANSWERS = words(_YES_ANSWERS) | YES
"""The answers to a question of yes and no, as programs and people write them, in lower case."""
NO_ANSWERS = words(_NO_ANSWERS)
"""The same of the answer no; an empty cell may be one, too."""
DUPLICATE = words(_DUPLICATE)
"""The names of the resolution, and of the type of link, of duplicates, in lower case."""
