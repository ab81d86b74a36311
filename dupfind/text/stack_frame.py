"""Reads a frame of a stack trace from a line, in the form of each language, without what differs between two reports.

Addresses, line numbers, parameters, hashes, and the numbers of lambdas, closures and nameless classes are left out.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from dupfind.text.frame_owner import Owner, owner

SHORTEST = 6
"""Characters of the shortest line that can be a frame."""

MINIFIED = 400
"""Columns; a longer line of JavaScript was minified, and its column tells functions without a name apart."""

_MANGLED = 2  # letters of the longest name that a minifier makes


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One call of a stack trace.

    Attributes:
        form: The kind of trace, such as "java".
        text: Its function, with the file where the function alone says too little.
        owner: Who wrote its code, as far as name and folder show.
        is_outermost_first: Whether the calls of its trace are listed from the outermost to the innermost.
    """

    form: str
    text: str
    owner: Owner
    is_outermost_first: bool = False


class Form(NamedTuple):
    """How the frames of one kind of trace are written.

    Attributes:
        kind: The kind of trace; several forms may be of one kind.
        needs: What every such line contains.
        line: Matches the line; its groups are `function`, `file`, `column`, `offset` and `numbered`.
    """

    kind: str
    needs: str
    line: re.Pattern[str]


_AT = "(?:at|bei|à|en|em|in|w|v|в|на|位置|在|於|場所|위치:|konum:|ved|vid|på|bij)"  # .NET translates it,
_ROW = r"[^\W\d]{1,12}\.?"  # and its "line"
_SCRIPT = r"\.(?:[cm]?[jt]sx?|html?|vue|svelte|bundle|jsbundle|php|aspx)\b[^\s:@)]{0,200}"

# Of two forms that match, the first one counts.
_FORMS = (
    Form(
        "python",
        'File "',
        re.compile(r'\AFile "(?P<file>[^"]{1,300})", line \d+(?:, in (?P<function>\S{1,200}))?'),
    ),
    Form(
        "python",  # pytest
        ".py:",
        re.compile(r"\A(?P<file>\S{1,300}?\.py):\d+:? in (?P<function>[\w<>]{1,200})(?!\w)"),
    ),
    Form(
        "java",
        "at ",
        re.compile(
            r"\Aat (?:[\w.@-]{0,100}/){0,2}(?P<function>[\w.$<>/-]{1,300}\.[\w$<>-]{1,200})\("
            r"(?:[\w$.-]{1,200}\.(?:java|kts?|scala|groovy|cljc?)\b(?::\d+)?|[\w$.-]{0,200}:\d+|Native Method"
            r"|<generated>|Unknown Source(?::\d+)?|SourceFile|R8\$\$SyntheticClass)\)?"
        ),
    ),
    Form(
        "v8",  # Hermes
        "(address at ",
        re.compile(
            r"\Aat (?P<function>[^\s()]{1,200}) "
            r"\(address at (?P<file>[^\s()]{1,300}?):\d+:(?P<column>\d+)\)"
        ),
    ),
    Form(
        "v8",
        "at ",
        re.compile(
            r"\Aat (?:async )?(?:new )?(?P<function>[^\s()]{1,200})(?: \[as [^\]]{1,60}\])? "
            r"\((?:(?!eval at )(?P<file>[^\n]{1,300}?):\d+(?::(?P<column>\d+))?"
            r"|<anonymous>|index \d+|native|eval at .{0,200})\)$"
        ),
    ),
    Form(
        "v8",  # without a function; Rust, too, writes places in this form
        "at ",
        re.compile(
            r"\Aat (?:async )?(?P<file>[^()\s]{0,300}[./][^()\s]{0,100}?(?<!\.rs)):\d+:(?P<column>\d+)$"
        ),
    ),
    Form(
        "v8",  # Firefox and Safari
        "@",
        re.compile(
            r"\A(?P<function>[\w.$<>/*\[\] ]{0,200})@"
            r"(?P<file>[a-z-]{2,20}://[^\s@]{1,300}?|[^\s@:]{0,300}?"
            rf"{_SCRIPT}|\[native code\])(?::\d+(?::(?P<column>\d+))?)?$"
        ),
    ),
    Form(
        "dotnet",
        "(",
        re.compile(
            rf"\A{_AT} (?P<function>(?:[\w<>`$|,\[\]+]{{1,200}}\.){{1,30}}[\w<>`$|,\[\]]{{1,200}}) ?"
            rf"\([^()]{{0,300}}\)(?: \S{{1,20}} (?P<file>[^\n]{{1,300}}?):{_ROW} ?\d+\.?)?$"
        ),
    ),
    Form(
        "android",
        " pc ",
        re.compile(
            r"\A#\d{1,3} pc (?P<offset>[0-9a-fA-F]{4,16}) (?P<file>\S{1,300})(?: \(offset [^()]{1,30}\))?"
            r"(?: \((?!BuildId)(?P<function>[^\n]{1,300}?)(?:\+\d+)?\))?(?:$|(?= ))"
        ),
    ),
    Form(
        "php",
        "): ",
        re.compile(r"\A#\d{1,3} (?P<file>[^\s()]{1,300})\(\d+\): (?P<function>[^\s(]{1,300})"),
    ),
    Form(
        "php",
        "#",
        re.compile(r"\A#\d{1,3} (?P<file>\[internal function\]): (?P<function>[^\s(]{1,300})"),
    ),
    Form(
        "php",  # Xdebug
        ". ",
        re.compile(
            r"\A(?:PHP )?\d{1,3}\. (?P<function>[\w\\:>{}-]{1,300})\([^\n]{0,300}\) (?P<file>/[^\s:]{1,300}):\d+$"
        ),
    ),
    Form(
        "dart",
        " (",
        re.compile(
            r"\A#\d{1,3} (?P<function>[^()\n]{1,200}?) "
            r"\((?P<file>(?:package|dart):[^\s():]{1,200})(?::\d+){0,2}\)"
        ),
    ),
    Form(
        "apple",
        " + ",
        re.compile(
            r"\A\d{1,3} (?P<file>[\w.+-]{1,100}(?: [\w.+-]{1,60}){0,3}) 0x[0-9a-fA-F]{4,16} "
            r"(?:0x[0-9a-fA-F]{4,16} \+ (?P<offset>\d+)|(?P<function>[^\n]{1,300}?) \+ \d+)"
        ),
    ),
    Form(
        "apple",  # the backtrace of Swift itself
        " in ",
        re.compile(
            r"\A\d{1,3}(?: 0x[0-9a-fA-F]{6,16})? (?P<function>[^\n]{1,300}?)(?: \+ \d+)? in \S{1,200} "
            r"at (?P<file>\S{1,300}?):\d+(?::\d+)?$"
        ),
    ),
    Form(
        "ips",
        '"imageOffset"',
        re.compile(
            r'\A\{"imageOffset":(?P<offset>\d+)(?:,"symbol":"(?P<function>[^"]{1,300})")?'
            r'(?:,"[^"]{1,30}":[^,{}]{1,300}){0,6}\}'
        ),
    ),
    Form(
        "native",  # gdb and the sanitizers, with an address
        " 0x",
        re.compile(
            r"\A(?:#\d{1,3}:?|\d{1,3}#) 0x[0-9a-fA-F]{4,16} (?:in )?(?P<function>(?!0x)[^\s(][^\n]{0,300}?)"
            r"(?: ?\((?!anonymous)[^\n]{0,400}| (?=/)[^\n]{0,300}| \S{1,300}?:\d+(?::\d+)?| \+ [^\n]{0,60}"
            r"| (?:at|from) [^\n]{1,300})?$"
        ),
    ),
    Form(
        "native",  # gdb, without one
        " (",
        re.compile(
            r"\A#\d{1,3} (?P<function>[A-Za-z_~][\w:~<>,*&]{0,300}|\?\?) \([^\n]{0,300}?\) "
            r"(?:at|from) (?P<file>\S{1,300})"
        ),
    ),
    Form(
        "native",  # ThreadSanitizer
        "+0x",
        re.compile(
            r"\A#\d{1,3} (?P<function>[^\s(][^\n]{0,300}?)(?:\([^\n]{0,200}\))? "
            r"(?:<null>|(?P<file>\S{1,300}?):\d+(?::\d+)?) \(\S{1,200}\+0x"
        ),
    ),
    Form(
        "native",  # lldb
        "frame #",
        re.compile(
            r"\A(?:\* )?frame #\d{1,4}: 0x[0-9a-fA-F]{4,16} [^\s`]{1,200}`(?P<function>[^\n(]{1,300}?)"
            r"(?:\(| \+ | at |$)"
        ),
    ),
    Form(
        "native",  # glibc
        "[0x",
        re.compile(
            r"\A(?P<file>[^\s()]{1,300})\((?P<function>[^()+\s]{0,300})"
            r"\+(?P<offset>0x[0-9a-f]{1,12})\) ?\[0x[0-9a-f]{4,16}\]"
        ),
    ),
    Form(
        "native",  # WinDbg
        "!",
        re.compile(
            r"\A(?:[0-9a-f]{2} )?(?:[0-9a-f`]{8,17} ){0,2}(?P<file>[\w.-]{1,100})!"
            r"(?P<function>[\w:~<>,`' ]{1,300}?)\+0x[0-9a-f]{1,8}\b"
        ),
    ),
    Form(
        "native",  # Linux
        "+0x",
        re.compile(
            r"\A(?:\[[ \d.]{1,20}\] )?(?:\[<[0-9a-f]{8,16}>\] )?(?:\? )?(?P<function>[A-Za-z_][\w.]{0,200})"
            r"\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}(?: \[\w{1,60}\])?$"
        ),
    ),
    Form(
        "rust",
        "::",
        re.compile(
            r"\A\d{1,4}: (?:0x[0-9a-f]{4,16} - )?(?P<function>[<{A-Za-z_$][^\n]{0,300}::[^\n]{1,300})$"
        ),
    ),
    Form(
        "ruby",
        ":in ",
        re.compile(
            r"\A(?:(?P<numbered>\d{1,4}): )?(?:from )?(?P<file>[^\s:]{1,300}):\d+:in "
            r"[`'‘](?P<function>[^`'’\n]{1,200})['’]"
        ),
    ),
    Form(
        "elixir",
        ".ex",
        re.compile(r"\A\(\w{1,60} [\w.+-]{1,30}\) (?P<file>\S{1,200}\.exs?):\d+: (?P<function>\S{1,200})"),
    ),
)

_MATCHES = [(form.needs, form.line.match, form.kind) for form in _FORMS]

_GO_FUNCTION = re.compile(
    r"\A(?P<function>(?:created by )?[\w.~/%-]{1,300}?(?:\.\(\*?[\w\[\].]{1,100}\)[\w.]{0,200})?)"
    r"(?:\([^\n]{0,400}|\[\.\.\.\]\S{0,200}| in goroutine \d+|)$"
)
_GO_FILE = re.compile(r"\A(?P<file>\S{1,300}\.(?:go|s)):\d+(?: \+0x[0-9a-f]{1,8})?$")


def frame(line: str, before: str) -> StackFrame | None:
    """Read the frame of a line; None for any other line.

    Args:
        line: Without spaces at its ends and without the prefixes of a log.
        before: The line before it, which has the function of a frame of Go.
    """
    for needs, match, kind in _MATCHES:
        if needs in line and (found := match(line)):
            return _frame(kind, found.groupdict())
    if ".go:" in line and before and (place := _GO_FILE.match(line)) and (call := _GO_FUNCTION.match(before)):
        return _frame("go", {"function": call["function"], "file": place["file"]})
    return None


def _frame(kind: str, groups: dict[str, str | None]) -> StackFrame | None:
    place = groups.get("file") or ""
    name = _NORMAL.get(kind, _qualified)(groups.get("function") or "")
    file = _HASH_OF_FILE.sub("", re.split(r"[/\\]", place.partition("?")[0])[-1])
    if kind == "v8" and not place:
        place = "<anonymous>"  # of the engine
    if kind == "v8":
        name, file = _script(name, file, int((groups.get("column") or "0")[:9]))
    elif not name and groups.get("offset"):
        file += f"+{groups['offset']}"  # the same in all reports of one build
    elif kind not in _WITH_FILE:
        file = ""  # a qualified name says where it is
    text = f"{name} {file}".strip()
    if not text:
        return None
    of_kind = "native" if kind in ("android", "apple", "ips") else kind
    is_outermost_first = kind == "python" or groups.get("numbered") is not None
    return StackFrame(kind, text, owner(of_kind, name, place), is_outermost_first)


_HASH_OF_FILE = re.compile(r"-[0-9a-f]{8,64}(?=[-.])")
_WITH_FILE = ("python", "ruby", "php")

# Names.
_VOLATILE = re.compile(
    r"::h[0-9a-f]{15,20}\w{0,8}(?:::v\d[\w.-]{0,30})?$|17h[0-9a-f]{16}E?\b|::closure\.\d+"
    r"|::\{\{[^{}]{1,40}\}\}|::\{(?:closure|impl|shim)[^{}]{0,20}\}|\{\{closure\}\}|#\d+"  # Rust
    r"|\$\$Lambda[$/\w]{0,40}|\$\$(?:Enhancer|FastClass|Proxy|ExternalSynthetic)\w*"  # Java
    r"|\$r8\$lambda\$[\w$-]*|\$\d+|\blambda\$|(?<=Accessor)\d+|(?<=\$Proxy)\d+|__\d+\b|(?<=[a-z])\d{2,}(?=[.$])"
    r"|\.(?:func|gowrap)\d+(?:\.\d+)*|-fm$|\[\.\.\.\]"  # Go
    r"|0x[0-9a-fA-F]+"
)
_OF_A_COMPILER = re.compile(  # what compilers of C add to a name
    r"\[clone [^\[\]]{1,60}\]|\.(?:part|constprop|isra|cold|llvm)\.?\d*|@@?[A-Z]\w+[\d.]+"
)
_PARAMETERS = re.compile(r"\([^()]*\)|<[^<>]*>|(?: const)?$")
_AS = re.compile(r"<(?:impl )?([^<> ]{1,120})[^<>]{0,60} (?:as|for) [^<>]{1,200}>")
_NESTED = 4  # levels of parameters


def _qualified(name: str) -> str:
    """Return a name without parameters, types and numbers that differ."""
    name = _VOLATILE.sub("", name)
    return " ".join(name.split()).strip(" .:$-#")


_MANGLED_NAME = re.compile(r"_*ZN[KV]?(?=\d)")
_MANGLED_PART = re.compile(r"(\d{1,3})")


def _demangled(name: str) -> str:
    """Return the nested names of a symbol of C++ or Rust, without their types: `_ZN4tree4Leaf4growEv`."""
    if (start := _MANGLED_NAME.match(name)) is None:
        return name
    parts, at = [], start.end()
    while (length := _MANGLED_PART.match(name, at)) and (end := length.end() + int(length[1])) <= len(name):
        parts.append(name[length.end() : end])
        at = end
    return "::".join(parts)


def _native(name: str) -> str:
    name = _OF_A_COMPILER.sub("", _demangled(name))
    name = _VOLATILE.sub(
        "", name.replace("(anonymous namespace)", "anonymous").replace("operator()", "operator")
    )
    for _ in range(_NESTED):
        shorter = _PARAMETERS.sub("", _AS.sub(r"\1", name))
        if shorter == name:
            break
        name = shorter
    # "int parse<T>": the type of the result stands before.
    words = name.partition("(")[0].replace("<", " ").split()
    return words[-1].strip(":") if words and "::" in words[-1] else " ".join(words)


_SWIFT = re.compile(
    r"(?:implicit closure|closure|partial apply for|specialized|generic|thunk for|@objc|static|dispatch|merged) "
    r"(?:\d+ )?(?:in )?"
    r"|#\d+ in |\(\d+\) (?:suspend resume partial|await resume partial)[^\n]{0,40} for "
)


def _apple(name: str) -> str:
    return name.strip() if name.startswith(("-[", "+[")) else _native(_SWIFT.sub("", name))


_GENERATED = re.compile(
    r"<(\w+)>[a-z]__(\w+\|\d+_\d+|\d*_?\d*)|<>c(?:__DisplayClass\d+_\d+)?\.?|`\d+|\[[^\[\]]*\]"
)


def _dotnet(name: str) -> str:
    """Return a name with the method's own name where the compiler made another of it: `<Load>d__3.MoveNext`."""
    name = _GENERATED.sub(lambda found: found[1] or "", name.removesuffix(".MoveNext"))
    return re.sub(r"[<>]|\.{2,}", lambda found: "." if found[0][0] == "." else "", name).strip(".+")


_BLOCK = re.compile(r"\A(?:(?:block(?: \(\d+ levels\))?|rescue|ensure) in )+")


def _ruby(name: str) -> str:
    return re.split(r"[#.]|::", _BLOCK.sub("", name))[-1]


def _go(name: str) -> str:
    return _qualified(re.sub(r"/v\d+(?=[./])|%2e", lambda found: "." if found[0][0] == "%" else "", name))


def _php(name: str) -> str:
    return re.sub(r"\{closure[^}]*\}?|\$0\w*|@anonymous\S*|:\d+", "{closure}", name).split("(")[0]


_NORMAL = {
    "native": _native,
    "android": _native,
    "rust": _native,
    "apple": _apple,
    "ips": _apple,
    "dotnet": _dotnet,
    "ruby": _ruby,
    "go": _go,
    "php": _php,
}

# Scripts.
_HEXADECIMAL = re.compile(r"(?=[a-f]*\d)[0-9a-f]{6,64}")
_BASE64 = re.compile(r"(?=\w{0,7}\d|\w{1,6}[A-Z][a-z]{0,6}[A-Z])\w{8}")
_DECORATION = re.compile(
    r"\A(?:async\*|promise callback\*|setTimeout handler\*|new )|\[as [^\[\]]{1,60}\]|[<>*]|/<|/$"
)


def _script(name: str, file: str, column: int) -> tuple[str, str]:
    """Return function and file of a script without the hash of its build.

    Only the last part of a function's name is the same in all browsers. A name that a minifier made says nothing; the
    column stands for it.
    """
    name = re.split(r"[./#]", _DECORATION.sub("", name).strip("./"))[-1] if name else ""
    if name == "anonymous":
        name = ""
    parts = file.split(".")
    stem = [
        piece
        for part in parts[:-1]
        for piece in re.split(r"[-~]", part)
        if not (_HEXADECIMAL.fullmatch(piece) or _BASE64.fullmatch(piece))
    ]
    file = ".".join([*stem, parts[-1]])
    if column > MINIFIED and len(name) <= _MANGLED:
        return "", f"{file}:{column}"
    return name, file
