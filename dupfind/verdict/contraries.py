"""Contraries: two texts in nearly the same words that ask for the opposite, or for the other direction (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from dupfind.verdict.mood import are_fault_and_wish
from dupfind.verdict.words import STOP_WORDS, Words, is_slip, stem

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
import | export
upload | download
lock | unlock
connect | disconnect
login signin | logout signout logoff
read reading | write writing written
encode encrypt compress zip | decode decrypt decompress unzip
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
"""
"""One pair of opposites a line. A table and no word vectors: to an encoder, opposites are near neighbours."""

_FOREIGN_OPPOSITES = """
einschalten eingeschaltet anschalten aktivieren aktiviert an ein | ausschalten ausgeschaltet abschalten deaktivieren aus
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
启 开 | 禁 停 关 闭
允 | 禁
增 加 | 减 删
入 进 | 出
大 | 小
高 升 | 低 降
快 | 慢
多 | 少
前 | 后
左 | 右
上 | 下
长 | 短
显 | 隐 藏
新 | 旧
亮 浅 | 暗 深
早 | 晚
发 | 收
有 | 無 无
"""
"""The same for German, Spanish, French, Portuguese, Italian and Russian; of Chinese, by the character that differs."""


def _table() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for line in filter(None, (_OPPOSITES + _FOREIGN_OPPOSITES).splitlines()):
        sides = [{stem(word) for word in side.split()} for side in line.split("|")]
        for one, other in (sides, sides[::-1]):
            for word in one:
                table.setdefault(word, set()).update(other - one)
    return table


OPPOSITES = _table()
"""The opposites of each stem."""

_NEGATING_PREFIXES = ("un", "dis", "in", "im", "ir", "no", "non", "de", "des", "dé", "dés", "ent")
_NEGATING = """
not no never none nothing cannot without neither nor nicht kein keine keinen nie pas jamais sans sin nunca не
нет без não nunca niet geen non mai
不 没 未 无
"""
_NEGATIONS = frozenset(_NEGATING.split())
_NEGATIVE = """
fail fails failed failing failure broken breaks unable impossible missing lacks lack lacking refuse refuses
wrong bad error crash crashes stop stops stopped hang hangs freeze freezes lost ignored ignores unusable
invalid off disable disabled hide hidden remove forbid prevent avoid skip exclude omit 失 败 错 误 崩 卡 死 丢
"""
_NEGATIVE_STEMS = frozenset(map(stem, _NEGATIVE.split()))
"""Words that negate: "does not load" and "fails to load" are no contraries, nor "do not show" and "hide"."""

_MAX_OTHER_WORDS = 2  # on each side, besides the opposites
_DIRECTIONS = frozenset(
    ("to", "into", "than", "before", "after", "over", "onto", "by", "instead", "->", "→", "via")
)


_REPLACE = frozenset(
    map(stem, ("replace", "replaced", "substitute", "exchange", "swap", "ersetzen", "reemplazar"))
)
"""Verbs with which "with" is a word of direction."""


def contrary(left: Words, right: Words) -> tuple[str, str] | None:
    """Return the words by which two texts ask for the opposite, one of each; None where they do not.

    The texts must agree but for the opposites and at most two more words on each side.
    """
    ours, theirs = _bag(left), _bag(right)
    only_left, only_right = ours - theirs, theirs - ours
    if not (common := ours & theirs) or not any(word not in STOP_WORDS for word in common):
        return _swapped(left, right)
    pairs = list(_opposite_pairs(only_left, only_right))
    # "Do not show" is "hide": a negation on one side turns the opposites around. "without" is one of them itself.
    met = {word for pair in pairs for word in pair}
    is_negated = [any(stem(word) not in met for word in _negations(side)) for side in (left, right)]
    if pairs and is_negated[0] != is_negated[1]:
        return None
    if _is_wish_for_mend(left, right, pairs):
        return None
    if pairs:
        rests = (
            {word for word in only_left if word not in {one for one, _ in pairs} and _counts(word)},
            {word for word in only_right if word not in {other for _, other in pairs} and _counts(word)},
        )
        if max(map(len, rests)) <= _MAX_OTHER_WORDS:
            one, other = pairs[0]
            return _spelled(left, one), _spelled(right, other)
    return _negated(left, right, only_left, only_right) or _swapped(left, right)


def is_wish_for_mend(left: Words, right: Words) -> bool:
    """Return whether one text states a fault, and the other one wishes for the opposite."""
    ours, theirs = _bag(left), _bag(right)
    return _is_wish_for_mend(left, right, _opposite_pairs(ours - theirs, theirs - ours))


def _is_wish_for_mend(left: Words, right: Words, pairs: Iterable[tuple[str, str]]) -> bool:
    return any(are_fault_and_wish(left, right, pair, OPPOSITES) for pair in pairs)


def _bag(words: Words) -> Counter[str]:
    return Counter(words.stems)


def _counts(word: str) -> bool:
    """Return whether a word that only one text has makes the two differ in subject; numbers are compared elsewhere."""
    return word not in STOP_WORDS and not any(map(str.isdigit, word))


def _opposite_pairs(only_left: Counter[str], only_right: Counter[str]) -> Iterator[tuple[str, str]]:
    for one in only_left:
        for other in sorted(OPPOSITES.get(one, set()) & only_right.keys()):
            yield one, other
        for prefix in _NEGATING_PREFIXES:
            if len(one) > 3 and prefix + one in only_right:
                yield one, prefix + one
            if one.startswith(prefix) and len(one) > len(prefix) + 3 and one[len(prefix) :] in only_right:
                yield one, one[len(prefix) :]


def _negated(
    left: Words, right: Words, only_left: Counter[str], only_right: Counter[str]
) -> tuple[str, str] | None:
    """Return "not" on the side that has it, where one text negates what the other states."""
    ours, theirs = _negations(left), _negations(right)
    if bool(ours) == bool(theirs):
        return None
    if any(word in _NEGATIVE_STEMS for word in (*only_left, *only_right)):
        return None
    # "canont" is no contrary of "cannot".
    if any(is_slip(word, (ours or theirs)[0]) for word in (*only_left, *only_right)):
        return None
    rests = [
        {word for word in bag if _counts(word) and not is_negation(word)} for bag in (only_left, only_right)
    ]
    if max(map(len, rests)) > 1:
        return None
    return (ours[0], "") if ours else ("", theirs[0])


def _negations(words: Words) -> list[str]:
    return [word for word in words.lower if is_negation(word)]


def is_negation(word: str) -> bool:
    """Return whether a word in lower case negates: "not", "without", "doesn't"."""
    return word in _NEGATIONS or word.endswith("n't")


def _swapped(left: Words, right: Words) -> tuple[str, str] | None:
    """Return both directions where the same words stand the other way round: "Jira into GitLab", "GitLab into Jira"."""
    if Counter(left.lower) != Counter(right.lower) or left.lower == right.lower:
        return None
    ours, theirs = _directions(left), _directions(right)
    for before, after in sorted(ours):
        if (after, before) in theirs:
            return f"{before} → {after}", f"{after} → {before}"
    return None


def _directions(words: Words) -> set[tuple[str, str]]:
    """Return the content words on both sides of each word of direction."""
    found: set[tuple[str, str]] = set()
    is_replaced = not _REPLACE.isdisjoint(words.stems)
    for place, word in enumerate(words.lower):
        if word in _DIRECTIONS or (word == "with" and is_replaced):
            before = next((w for w in reversed(words.lower[:place]) if w not in STOP_WORDS), None)
            after = next((w for w in words.lower[place + 1 :] if w not in STOP_WORDS), None)
            if before and after:
                found.add((before, after))
    return found


def _spelled(words: Words, stemmed: str) -> str:
    return words.spelled[words.stems.index(stemmed)]
