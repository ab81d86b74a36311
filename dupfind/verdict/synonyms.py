"""Words of trackers that stand for one another: "shows" and "displays", "app" and "program" (pure)."""

from collections.abc import Set

from dupfind.verdict.words import stem

_GROUPS = """
show display render present appear draw
crash crashes segfault abort die killed panic
freeze hang stuck unresponsive stall lock lockup
jam stick stuck
flash blink flicker
slip slide
swallow eat drop lose drain
depart leave
fail fails failed failure failing broken break unable impossible error
error exception fault failure
wrong incorrect invalid bad inaccurate faulty
broken garbled mangled corrupt distorted
missing absent lost gone disappear vanish lacking lack omit
slow laggy sluggish lag
app application program software client
delete remove erase purge
add create introduce support implement provide allow
fix repair correct
occur occurred happen encounter encountered arise
change alter modify edit update
start launch open boot startup begin run
close quit exit stop
picture image photo
file document
folder directory
message text
window dialog popup
setting preference option configuration config
login signin logon
user account
page screen view
save store write persist
load read fetch
send transmit submit
build compile compilation
doc docs documentation manual
method function fn fns func
parameter argument
issue problem bug trouble
request wish
update upgrade
big large huge
quick fast
blank empty white
ignore skip disregard
wait delay timeout
improve enhance better
throw raise
test check
random occasional sporadic intermittent
always every constantly permanently
return give yield
consume use eat take
memory ram
cpu processor
warning message
typo misspelling spelling
rename renaming
duplicate double twice
choose select pick
attach attachment upload
bigger larger greater
smaller tinier
little small tiny
cart basket
invoice bill
audio sound
mail email
administrator admin
cancel abort
stay remain keep
outdated stale obsolete
refuse reject deny decline
reboot restart
stutter lag
truncate crop cut
random arbitrary
rotate turn
mute silence
shortcut hotkey
colour color
late delayed
url uri
uninstall remove
password passphrase passcode
"""
"""One group a line; a word may stand in several."""

_GROUPS_OF: dict[str, set[int]] = {}
for _number, _line in enumerate(filter(None, _GROUPS.splitlines())):
    for _word in _line.split():
        _GROUPS_OF.setdefault(stem(_word), set()).add(_number)


def are_synonyms(left: Set[str], right: Set[str]) -> bool:
    """Return whether two sets of stems, such as the words of two objects, share a group of synonyms."""
    ours, theirs = ({group for word in side for group in _GROUPS_OF.get(word, ())} for side in (left, right))
    return not ours.isdisjoint(theirs)
