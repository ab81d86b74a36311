"""The forms in which languages write the frames of a stack trace, one line each."""

import re

from dupfind.text.frame_form import Form
from dupfind.text.other_frame_forms import OTHER_FORMS

_AT = "(?:at|bei|à|en|em|in|w|v|в|на|位置|在|於|場所|위치:|konum:|ved|vid|på|bij)"  # .NET translates it,
_ROW = r"[^\W\d]{1,12}\.?"  # and its "line"
_SCRIPT = r"\.(?:[cm]?[jt]sx?|html?|vue|svelte|bundle|jsbundle|php|aspx)\b[^\s:@)]{0,200}"

FORMS = (
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
            r"(?:(?:/[^()\s:]{0,300}/)?[\w$.-]{1,200}\.(?:java|kts?|scala|groovy|cljc?)\b(?::\d+)?"
            r"|[\w$.-]{0,200}:\d+|Native Method|<generated>|Unknown Source(?::\d+)?|SourceFile|R8\$\$SyntheticClass)\)?"
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
    *OTHER_FORMS,
)
"""All forms but those whose frames take two lines; of two that match, the first one counts."""
