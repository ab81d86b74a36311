"""The words of `column_words` in further languages: those of Scandinavia, Eastern Europe, the Near East and Asia."""

FIELD_WORDS = {
    "id": """
broj, broj zahtjeva, številka, номер на заявка, номер на задача, numeris, numurs, number, pileti number,
bilet numarası, talep no, kayıt no, ärendenummer, ärende-id, ärende, sagsnummer, sagsnr, sag, saksnummer, saksnr,
sak, oppgavenummer, tunnus, tikettinumero, numero, numer sprawy, číslo, číslo požadavku, číslo úkolu, id úkolu,
kulcs, azonosító, jegyszám, sorszám, номер задачі, ідентифікатор, ключ завдання, код проблемы, код запроса,
код ошибки, код заявки, код бага, mã, mã số, mã lỗi, mã công việc, no tiket, nomor tiket, nomor, kode, număr,
număr tichet, nr tichet, κωδικός, αριθμός, رقم, رقم التذكرة, المعرف, מספר, מספר קריאה, מזהה, รหัส, หมายเลข, เลขที่
""",
    "title": """
naslov, predmet, naziv, заглавие, заглавие на задачата, pavadinimas, antraštė, virsraksts, nosaukums, pealkiri,
teema, naslov zahtjeva, наслов, rubrik, ämne, ärenderubrik, emne, overskrift, tittel, otsikko, aihe, název, předmět,
nadpis, shrnutí, souhrn, názov, súhrn, tárgy, cím, összefoglaló, megnevezés, tiêu đề, chủ đề, tên, tóm tắt, tên lỗi,
judul, subjek, perihal, ringkasan, titlu, subiect, rezumat, τίτλος, θέμα, περίληψη, заголовок, назва, тема, العنوان,
عنوان, الموضوع, כותרת, נושא, תקציר, หัวข้อ, ชื่อเรื่อง, เรื่อง
""",
    "body": """
opis problema, vsebina, sadržaj, описание на проблема, съдържание, aprašymas, apraksts, kirjeldus, садржај,
beskrivning, detaljer, beskrivelse, kuvaus, tiedot, popis, podrobnosti, obsah, leírás, részletek, tartalom, mô tả,
nội dung, chi tiết, deskripsi, keterangan, rincian, descriere, conținut, detalii, περιγραφή, λεπτομέρειες, опис,
зміст, الوصف, وصف, التفاصيل, תיאור, תוכן, פרטים, รายละเอียด, คำอธิบาย
""",
    "state": """
stanje, status zahtjeva, състояние, būsena, būklė, statuss, stāvoklis, olek, staatus, стање,
ärendestatus, tilstand, tila, stav, stav úkolu, állapot, státusz, trạng thái, tình trạng, status tiket, keadaan,
stare, κατάσταση, стан, статус, الحالة, حالة, סטטוס, מצב, สถานะ
""",
    "resolution": """
lösning, løsning, ratkaisu, řešení, riešenie, megoldás, giải pháp, penyelesaian, rezoluție, вирішення, الحل, פתרון
""",
    "created": """
kreirano, datum kreiranja, stvoreno, otvoreno dana, ustvarjeno, datum nastanka, създадено, създаден,
дата на създаване, sukurta, sukūrimo data, izveidots, izveides datums, loodud, loomise kuupäev, oluşturulma tarihi,
oluşturulma, kayıt tarihi, креирано, skapad, skapat, skapad den, registrerad, oprettet, oprettet den, opprettet,
opprettet dato, luotu, luontipäivä, vytvořeno, datum vytvoření, založeno, vytvorené, létrehozva, létrehozás dátuma,
bejelentve, ngày tạo, thời gian tạo, được tạo, dibuat, tanggal dibuat, tanggal, dibuat pada, creat, creat la,
data creării, δημιουργήθηκε, ημερομηνία, ημερομηνία δημιουργίας, створено, дата створення, تاريخ الإنشاء,
تاريخ الانشاء, נוצר, נוצר בתאריך, תאריך יצירה, תאריך פתיחה, วันที่สร้าง, สร้างเมื่อ
""",
    "updated": """
ažurirano, izmijenjeno, promijenjeno, posodobljeno, spremenjeno, обновено, променено, последна промяна, atnaujinta,
pakeista, atjaunināts, mainīts, uuendatud, muudetud, güncellenme tarihi, güncelleme tarihi, son güncelleme,
ажурирано, ändrad, uppdaterad, senast ändrad, opdateret, senest opdateret, ændret, oppdatert, endret, sist endret,
päivitetty, muokattu, změněno, aktualizováno, upraveno, datum změny, zmenené, aktualizované, módosítva, frissítve,
utolsó módosítás, ngày cập nhật, cập nhật, diperbarui, tanggal diperbarui, terakhir diperbarui, actualizat,
modificat, ενημερώθηκε, оновлено, дата оновлення, змінено, تاريخ التحديث, آخر تحديث, עודכן, תאריך עדכון,
วันที่แก้ไข, แก้ไขเมื่อ, อัปเดตเมื่อ
""",
    "closed": """
zatvoreno dana, datum zatvaranja, zaprto, datum zaključka, затворено на, дата на затваряне, uždaryta, aizvērts,
suletud, kapanış tarihi, kapatılma tarihi, stängd, stängd den, avslutad, åtgärdad, lukket, afsluttet, lukket den,
avsluttet, suljettu, ratkaistu, uzavřeno, vyřešeno, datum uzavření, uzavreté, lezárva, megoldva, ngày đóng,
ngày hoàn thành, ditutup, tanggal ditutup, închis, rezolvat, έκλεισε, закрито, вирішено, дата закриття,
تاريخ الإغلاق, נסגר, תאריך סגירה, วันที่ปิด
""",
    "project": """
prosjekt, projekti, dự án, proyek, proiect, έργο, проєкт, проект, المشروع, פרויקט, โครงการ, tên dự án
""",
    "duplicate_of": """
dubblett av, dublet af, duplikat av, duplikát, duplicitní s, kaksoiskappale, trùng với, duplikat dari, дублікат
""",
}
"""By field, with commas between the words, as in `column_words`."""

OPEN_STATES = """
otvoreno, otvoren, u tijeku, u toku, novo, odprto, v teku, отворено, отворен, отворена, в процес, нов, нова, ново,
чака, atidaryta, atvira, vykdoma, nauja, atvērts, jauns, procesā, avatud, uus, töös, отворено, у току, öppen, öppet,
pågående, pågår, väntar, tilldelad, ny, åben, åbent, i gang, igangværende, afventer, tildelt, åpen, åpent, pågår,
under arbeid, venter, avoin, uusi, kesken, työn alla, odottaa, otevřeno, otevřený, otevřená, nový, nová, nové,
probíhá, v řešení, rozpracováno, čeká, přiřazeno, otvorené, prebieha, nyitott, nyitva, új, folyamatban, várakozik,
mở, đang mở, mới, đang xử lý, đang thực hiện, đang tiến hành, chờ xử lý, terbuka, buka, baru, sedang dikerjakan,
dalam proses, diproses, menunggu, deschis, deschisă, nou, nouă, în lucru, în așteptare, ανοιχτό, ανοικτό, νέο,
σε εξέλιξη, εκκρεμεί, відкрито, відкрита, відкритий, новий, нова, в роботі, в процесі, призначено, очікує, مفتوح,
مفتوحة, جديد, جديدة, قيد التنفيذ, قيد المعالجة, قيد الانتظار, פתוח, פתוחה, חדש, חדשה, בטיפול, בתהליך, ממתין, เปิด,
ใหม่, กำลังดำเนินการ, รอดำเนินการ
"""
CLOSED_STATES = """
zatvoreno, zatvoren, riješeno, rešeno, završeno, zaprto, rešen, zaključeno, затворено, затворен, затворена, решено,
решен, приключено, отхвърлено, uždaryta, išspręsta, atlikta, slēgts, atrisināts, pabeigts, suletud, lahendatud,
valmis, затворено, завршено, stängd, stängt, avslutad, löst, åtgärdad, avvisad, lukket, afsluttet, løst,
færdig, afvist, avsluttet, ferdig, avvist, suljettu, valmis, ratkaistu, hylätty, uzavřeno, uzavřený, uzavřená,
zavřeno, vyřešeno, vyřešený, hotovo, dokončeno, zamítnuto, uzavreté, vyriešené, lezárt, lezárva, megoldva,
megoldott, kész, befejezett, elutasítva, đóng, đã đóng, hoàn thành, đã hoàn thành, đã xử lý, đã giải quyết, từ chối,
tutup, tertutup, ditutup, selesai, ditolak, dibatalkan, închis, închisă, rezolvat, finalizat, respins, κλειστό,
ολοκληρώθηκε, επιλύθηκε, закрито, закрита, закритий, вирішено, виконано, готово, завершено, відхилено, مغلق, مغلقة,
مكتمل, تم الحل, محلول, مرفوض, סגור, סגורה, נסגר, טופל, הושלם, נדחה, ปิด, ปิดแล้ว, เสร็จสิ้น, แก้ไขแล้ว
"""
