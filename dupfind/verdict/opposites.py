"""Words that mean the opposite of each other, in English, other European languages and Chinese (pure)."""

from dupfind.verdict.words import stem

_OPPOSITES = """
enable activate allow permit whitelist | disable deactivate forbid deny prohibit block prevent disallow ban blacklist
add include insert attach introduce | remove delete exclude drop detach omit
show shown display displayed visible appear reveal unhide | hide hidden invisible disappear vanish conceal suppress
increase raise higher high more larger bigger longer | decrease reduce lower low less smaller fewer shorter
grow maximum | shrink minimum
expand maximize | collapse minimize
open reopen | close closed shut
start begin launch boot startup | stop end quit shutdown exit halt abort
on | off
up upward upwards | down downward downwards
left leftmost | right rightmost
top upper above | bottom below under underneath
first | last
before | after
with | without
ascending ascend asc | descending descend desc
import importer | export exporter
upload uploader | download downloader
lock | unlock
connect | disconnect
login signin | logout signout logoff
read reading | write writing written
encode encoder encrypt encryption compress zip | decode decoder decrypt decryption decompress unzip
install | uninstall
mount | unmount
subscribe | unsubscribe
mute | unmute
select check tick | deselect unselect uncheck untick
undo | redo
push | pull
send sent sending | receive received receiving
input | output
request | response
client | server
source | destination target
always | never
fast faster quick quickly | slow slower slowly
early earlier | late later
light bright brighter | dark darker
loud louder | quiet quieter silent
horizontal horizontally landscape | vertical vertically portrait
row | column
public | private
require required mandatory | optional
old older | new newer
join | leave
merge combine | split separate
succeed success | fail failure
accept approve | reject decline
grant | revoke
incoming inbound ingress | outgoing outbound egress
internal | external
local locally | remote remotely
online | offline
upgrade | downgrade
serialize serialise marshal | deserialize deserialise unmarshal
forward forwards | backward backwards
next | previous prior
empty | full
strict | lenient
sync synchronous | async asynchronous
static | dynamic
signed | unsigned
parent | child
inner | outer
absolute | relative
buy purchase | sell
debit | credit
pin | unpin
follow | unfollow
archive | unarchive restore
load | save unload
wide wider | narrow narrower
single | multiple double
positive | negative
even | odd
arrive arrival | depart departure
automatic automatically | manual manually
lowercase | uppercase
prefix prepend | suffix append postfix
oldest earliest | newest latest
much many | little few
warm hot hotter | cold colder
inside | outside
wrap | unwrap
bold | italic
in | out
highest largest biggest longest most | lowest smallest shortest fewest least
big large huge | small tiny
fastest | slowest
easy easier simple | difficult hard harder
better best | worse worst
min | max
debug | release
development | production
true | false
near | far
thick thicker | thin thinner
deep | shallow
strong stronger | weak weaker
front | back rear
north | south
east | west
morning | evening
day | night
get getter | set setter
header | footer
foreground | background
primary master | secondary replica slave
leader | follower
producer publisher | consumer subscriber
reader | writer
sender | receiver recipient
caller | callee
suspend pause | resume
play | pause
enter | leave exit
win | lose
lend | borrow
deposit | withdraw withdrawal
profit | loss
eager | lazy
clockwise | counterclockwise anticlockwise
heavy | light
wet | dry
busy | idle
cheap cheaper | expensive
rich | poor
soft | hard
rise rising | fall falling
gain | lose
inflate inflated | deflate deflated
surplus | deficit
subtract | add
multiply | divide
plus | minus
accelerate | decelerate
tighten | loosen
widen | narrow
lengthen | shorten
brighten lighten | darken
strengthen | weaken
promote | demote
hire | fire
stay remain | vanish disappear
freeze | thaw
fill | drain
heat | cool
clean | dirty
indoor indoors | outdoor outdoors
sunrise | sunset
summer | winter
weekday | weekend
buyer | seller
lender | borrower
predecessor | successor
ancestor | descendant
ceiling | floor
stdin | stdout stderr
mono | stereo
penalty | reward
"""
"""One pair of opposites a line. A table and no word vectors: to an encoder, opposites are near neighbours."""

_FOREIGN_OPPOSITES = """
einschalten eingeschaltet anschalten aktivieren | ausschalten ausgeschaltet abschalten deaktivieren
aktiviert | deaktiviert
erlauben zulassen erlaubt | verbieten sperren verboten
anzeigen einblenden zeigen sichtbar | verbergen ausblenden verstecken unsichtbar
hinzufügen einfügen | entfernen löschen
erhöhen vergrößern groß größer | verringern verkleinern senken klein kleiner
hoch höher | niedrig niedriger tief
laut lauter | leise leiser
hell heller | dunkel dunkler
schnell schneller früh | langsam langsamer spät
lang länger viel mehr | kurz kürzer wenig weniger
öffnen öffnet | schließen schließt
starten startet anfang beginn | beenden stoppen ende
anmelden anmeldung | abmelden abmeldung
hochladen | herunterladen
importieren einlesen | exportieren ausgeben
oben | unten
links linke linken | rechts rechte rechten
vor davor | nach danach
mit | ohne
activar habilitar permitir encender | desactivar deshabilitar prohibir apagar
mostrar visible añadir agregar | ocultar oculto quitar eliminar
aumentar subir ampliar grande mayor alto | reducir bajar disminuir pequeño pequeña menor bajo
abrir | cerrar
iniciar | detener
antes | después
izquierda | derecha
arriba | abajo
rápido | lento
importar | exportar
logowanie | wylogowanie
włączyć włącz włączone | wyłączyć wyłącz wyłączone
dodać dodaj | usunąć usuń
otworzyć otwórz | zamknąć zamknij
toevoegen | verwijderen
openen | sluiten
inschakelen | uitschakelen
aggiungere | rimuovere
aprire | chiudere
enviar | receber recibir
activer autoriser | désactiver interdire
afficher ajouter | masquer supprimer
augmenter grand grande | réduire diminuer petit petite
ouvrir | fermer
avant | après
gauche | droite
haut | bas
rapide | lent lente
ativar permitir | desativar proibir
exibir adicionar | esconder remover
abilitare attivare mostrare | disabilitare disattivare nascondere
включить разрешить показать увеличить | выключить отключить запретить скрыть уменьшить
включается включает | выключается выключает отключается отключает
показывается показывает отображается | скрывается скрывает
добавить добавление | удалить удаление
открыть открывается открытие | закрыть закрывается закрытие
войти вход входе | выйти выход выходе
загружается загружаются | скачивается скачиваются выгружается
импорт импорта импорте | экспорт экспорта экспорте
загрузить загрузка загрузке | выгрузить выгрузка выгрузке
запустить запуск запуске | остановить остановка остановке
тихий тихо | громкий громко
быстро быстрый | медленно медленный
рано | поздно
слева левый левая | справа правый правая
сверху верхний верхняя | снизу нижний нижняя
первый первая первое | последний последняя последнее
темный тёмный темная тёмная | светлый светлая
до перед | после
primero primera | último última
temprano | tarde
premier première | dernier dernière
tôt | tard
fort forte | faible
erste ersten erster | letzte letzten letzter
vorwärts | rückwärts
verbinden verbindet | trennen trennt
打开 开启 启用 启动 激活 | 关闭 关掉 停用 禁用 停止
允许 | 禁止 拒绝
增加 添加 新增 | 减少 删除 移除
进入 登录 登入 | 退出 登出 注销
提高 升高 调高 | 降低 调低
放大 增大 调大 | 缩小 减小 调小
显示 | 隐藏
展开 | 收起 折叠
开始 | 结束 停止
连接 | 断开
锁定 | 解锁
上传 | 下载
发送 | 接收
安装 | 卸载
成功 | 失败
启 开 | 禁 停 关
入 进 | 出
大 | 小
高 升 | 低 降
快 | 慢
多 | 少
前 | 后
左 | 右
上 | 下
长 | 短
新 | 旧
亮 浅 | 暗 深
早 | 晚
有 | 無 无
追加 | 削除
表示 | 非表示
有効 | 無効
開く | 閉じる
開始 | 終了 停止
接続 | 切断
送信 | 受信
昇順 | 降順
最初 | 最後
インポート | エクスポート
アップロード | ダウンロード
ログイン サインイン | ログアウト サインアウト
オン | オフ
ロック | アンロック
ライトモード ライト | ダークモード ダーク
"""
"""The same for German, Spanish, French, Portuguese, Italian and Russian; of Chinese, words of two characters.

One character counts only where it alone differs inside of a word: 导入 and 导出, but not 关于 and 开始.
"""


def _table() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for line in filter(None, (_OPPOSITES + _FOREIGN_OPPOSITES).splitlines()):
        sides = [{stem(word.casefold()) for word in side.split()} for side in line.split("|")]  # "groß"
        for one, other in (sides, sides[::-1]):
            for word in one:
                table.setdefault(word, set()).update(other - one)
    return table


OPPOSITES = _table()
"""The opposites of each stem."""
