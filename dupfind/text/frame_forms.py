"""The forms in which languages write the frames of a stack trace, one line each."""

import re

from dupfind.text.frame_form import Form
from dupfind.text.other_frame_forms import OTHER_FORMS
from dupfind.text.tool_frame_forms import TOOL_FORMS

_AT = "(?:at|bei|à|en|em|in|w|v|в|на|位置|在|於|場所|위치:|konum:|ved|vid|på|bij)"  # .NET translates it,
_ROW = r"[^\W\d]{1,12}\.?"  # and its "line"
_SCRIPT = r"\.(?:[cm]?[jt]sx?|html?|vue|svelte|bundle|jsbundle|php|aspx)\b[^\s:@)]{0,200}"
# What stands behind a number at the start of a line that is no frame.
_ERROR_CODE = r"0x(?:[89]\w{7}|[cC]0\w{6}|0000\w{4}) [^(:\n]{0,400}$"
_SENTENCE = r"0x\w{4,16} (?:in |(?!in ))[A-Za-z]{1,30} [A-Za-z]{1,30}\b[^(:\[<#/+\n]{0,400}$"
_CODE = (
    r"(?:(?!void |bool |int |char |float |double |unsigned |long |auto )[A-Za-z]\w{0,60} "  # use std::io
    r"|\w{1,200}::[\w:]{1,200}(?:[,;]| (?!at )[A-Za-z])"  # foo::bar is
    r"|[^\n]{1,300}[;,{]$)"  # foo::bar(1);
)

FORMS = (
    Form(
        "python",
        'File "',
        re.compile(
            r'\AFile "(?P<file>[^"]{1,300})", line \d+(?:, in (?P<function>\S{1,200})| in [\w<>.]{1,200}$|\W{0,3}$)'
        ),
    ),
    Form(
        "python",  # pytest
        ".py:",
        re.compile(r"\A(?P<file>\S{1,300}?\.py):\d+:? in (?P<function>[\w<>]{1,200})\W{0,3}$"),
    ),
    Form(
        "java",
        "at ",
        re.compile(
            r"\Aat (?:[\w.@-]{0,100}/){0,2}(?P<function>[\w.$<>/-]{1,300}\.[\w$<>-]{1,200})\("
            r"(?:(?:/[^()\s:]{0,300}/)?[\w$.-]{1,200}\.(?:java|kts?|scala|groovy|cljc?)\b(?::\d+)?"
            r"|(?!(?:port|line|tcp|udp|https?):)[\w$.-]{0,200}:\d+|Native Method|<generated>"
            r"|Unknown Source(?::\d+)?|SourceFile|R8\$\$SyntheticClass)\)?"
        ),
        has_digit=False,
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
            # The word before the numbers says that they are no time.
            r"\((?:(?!eval at )"
            r"(?=[^\n]{0,400}?(?:[A-Za-z>\]][^\s:]{0,200}:\d+:\d|(?:[/\\]|\.[A-Za-z])[^\s:]{0,200}:\d))"
            r"(?P<file>[^\n]{1,300}?):\d+(?::(?P<column>\d+))?"
            r"|<anonymous>|(?:(?<=\.all \()|(?<=Settled \()|(?<=\.any \())index \d+|native|eval at .{0,200})\)$"
        ),
        has_digit=False,
    ),
    Form(
        "v8",  # without a function; Rust, too, writes places in this form
        "at ",
        re.compile(
            r"\Aat (?:async )?(?![\d.:/-]+$)(?P<file>[^()\s]{0,300}[./][^()\s]{0,100}?(?<!\.rs)):\d+:(?P<column>\d+)$"
        ),
    ),
    Form(
        "v8",  # Firefox and Safari
        "@",
        re.compile(
            r"\A(?P<function>[\w.$<>/*\[\] ]{0,200})(?<! )@"
            r"(?P<file>[a-z-]{2,20}://[^\s@]{1,300}?(?=:\d)|[^\s@:]{0,300}?"
            rf"{_SCRIPT}(?=:\d)|\[native code\])(?::\d+(?::(?P<column>\d+))?)?$"
        ),
        has_digit=False,
    ),
    Form(
        "dotnet",
        "(",
        re.compile(
            rf"\A(?!in [a-z][^\n]{{0,600}}\)$){_AT} "
            rf"(?P<function>(?:[\w<>`$|,\[\]+]{{1,200}}(?:@[\d-]{{1,12}})?\.){{1,30}}[\w<>`$|,\[\]]{{1,200}})"
            rf"(?: (?=\(\)|\([A-Z]\w{{0,60}}\.[A-Z]|[^\n]{{0,600}}\d$))?"  # Mono has a space there
            rf"\((?!\w{{1,60}}:\d)[^()]{{0,300}}\)(?: \S{{1,20}} (?P<file>[^\n]{{1,300}}?):{_ROW} ?\d+\.?)?$"
        ),
        has_digit=False,
    ),
    Form(
        "android",
        " pc ",
        re.compile(
            r"\A#\d{1,3} pc (?:0x)?(?P<offset>[0-9a-fA-F]{4,16}) (?P<file>\S{1,300})(?: \(offset [^()]{1,30}\))?"
            r"(?: \((?!BuildId)(?P<function>[^\n]{1,300}?)(?:\+\d+)?\))?(?:$|(?= ))"
        ),
    ),
    Form(
        "php",
        "): ",
        re.compile(
            r"\A#\d{1,3} (?=[^\s()./\\]{0,200}[./\\])(?P<file>[^\s()]{1,300})\(\d+\): (?P<function>[^\s(]{1,300})"
        ),
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
            r"\((?P<file>(?:package:|dart:|file:///)[^\s():]{1,200})(?::\d+){0,2}\)"
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
            r"\A\d{1,3}(?: \[(?:ra|async|inlined|system|thunk)\]){0,3}"
            r"(?: 0x[0-9a-fA-F]{6,16}| (?=[^\s(]{1,200}\(|[^\n]{1,300} \+ \d)|(?= main in )) ?"
            r"(?P<function>[^\n]{1,300}?)(?: \+ \d+)? in \S{1,200} "
            r"at (?P<file>\S{1,300}?\.[A-Za-z]\w{0,9}):\d+(?::\d+)?$"
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
            rf"\A(?:#\d{{1,3}}:?|\d{{1,3}}#) (?!{_ERROR_CODE}|{_SENTENCE})0x[0-9a-fA-F]{{4,16}} (?:in )?"
            r"(?P<function>(?!0x)[^\s(][^\n]{0,300}?)"
            r"(?: ?\((?!anonymous)[^\n]{0,400}| (?=/)[^\n]{0,300}| \S{1,300}?:\d+(?::\d+)?| \+ [^\n]{0,60}"
            r"| (?:at|from) [^\n]{1,300})?$"
        ),
    ),
    Form(
        "native",  # gdb, without one
        " (",
        re.compile(
            r"\A#\d{1,3} (?P<function>[A-Za-z_~][\w:~<>,*&]{0,300}|\?\?) \([^\n]{0,300}?\) "
            r"(?:at (?=[^\s./\\]{0,200}[./\\][^\s:]{1,300}:\d)|from (?=[^\s./\\]{0,200}[./\\]\S))(?P<file>\S{1,300})"
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
            r"\A(?:[0-9a-f]{2} )?(?:[0-9a-f`]{8,17} ){0,2}(?P<file>[\w.-]{1,100})!(?=\S)"
            r"(?P<function>[\w:~<>,`' ]{1,300}?)\+0x[0-9a-f]{1,8}\b"
        ),
    ),
    Form(
        "native",  # Linux
        "+0x",
        re.compile(
            r"\A(?:\[[ \d.]{1,20}\] )?(?:\[<[0-9a-f]{8,16}>\] )?(?:\? |[RFS] )?(?P<function>[A-Za-z_][\w.#]{0,200})"
            r"\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}(?: \[\w{1,60}\])?(?: \S{1,200}\.[chS]:\d+)?$"
        ),
    ),
    Form(
        "rust",
        "::",
        re.compile(
            rf"\A\d{{1,4}}: (?:0x[0-9a-f]{{4,16}} - )?(?!{_CODE})"
            r"(?P<function>[<{A-Za-z_$][^\n]{0,300}::[^\n]{1,300})$"
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
    *TOOL_FORMS,
)
"""All forms but those whose frames take two lines; of two that match, the first one counts."""
