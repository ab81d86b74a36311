"""How bash, zsh and fish complete a line of dupfind: click's own ways, mended for values with ":" and "="."""

import os
import re

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

# The bash of macOS is older than `nosort` and `compopt`.
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' line=${COMP_LINE:0:COMP_POINT} word prefix response completion type value
    response=$(env COMP_WORDS="$line" %(complete_var)s=bash_complete "$1") || return
    # bash breaks a word at ":" and replaces only what follows.
    word=${line##*[[:space:]]} word=${word#--*=} prefix=
    [[ $COMP_WORDBREAKS == *:* ]] && prefix=${word%%"${word##*:}"}
    for completion in $response; do
        IFS=, read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames 2> /dev/null ;;
            file) compopt -o default 2> /dev/null ;;
            plain) COMPREPLY+=("${value#"$prefix"}") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2> /dev/null \\
    || complete -o default -F %(complete_func)s %(prog_name)s
"""

_END = "\x00"


class LineComplete(BashComplete):
    """Completion in bash, from the line up to the cursor, because bash splits its words at ":" and "="."""

    source_template = _SCRIPT

    @staticmethod
    def _check_version() -> None:
        """Start no other bash: the script may be made for another machine."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one at the cursor, without the program's name, and that word."""
        # The mark stands where the cursor is: alone after a space, else at the end of the last word.
        words = split_arg_string(os.environ["COMP_WORDS"] + _END)
        while words and re.match(r"\w+=", words[0]):  # a variable that is set for this command
            del words[0]
        return words[1:-1], words[-1].removesuffix(_END) if words else ""


class _WholeWord(ShellComplete):
    """Completion in a shell that replaces the whole word, with the option's name where it is "--option=value"."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        items = super().get_completions(args, incomplete)
        name, equals, _ = incomplete.partition("=")
        if not (equals and name.startswith("--")):
            return items
        return [
            CompletionItem(f"{name}={item.value}", help=item.help) if item.type == "plain" else item
            for item in items
        ]


class _Zsh(_WholeWord, ZshComplete):
    """Completion in zsh."""


class _Fish(_WholeWord, FishComplete):
    """Completion in fish."""


def register() -> None:
    """Let click use these classes."""
    for shell in (LineComplete, _Zsh, _Fish):
        add_completion_class(shell)
