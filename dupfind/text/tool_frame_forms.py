"""The forms in which debuggers, notebooks, frameworks and servers write the frames of a stack trace."""

import re

from dupfind.text.frame_form import Form

_DEMYSTIFIED = (
    r"at (?:(?:async|static|ref) ){0,2}(?:void|bool|int|long|string|object|double|[A-Z][\w<>\[\],.?]{0,100})"
)
_ARGUMENTS = r"\([^()\n]{0,300}\)(?:\+[^\n]{1,200}\})?"

TOOL_FORMS = (
    Form(
        "python",  # Django
        'File "',
        re.compile(r"\AFile \"(?P<file>[^\"\n]{1,300})\" in (?P<function>[\w<>]{1,200})$"),
        has_digit=False,
    ),
    Form(
        "python",  # IPython before 8
        ".py in ",
        re.compile(
            r"\A(?P<file>(?:~?/|~?\\|[A-Za-z]:\\)\S{1,300}\.py) in (?P<function>[\w<>]{1,200})\([^\n]{0,300}\)$"
        ),
        has_digit=False,
    ),
    Form(
        "python",
        "<ipython-input-",
        re.compile(r"\A(?P<file><ipython-input-)\S{1,60} in (?P<function>[\w<>]{1,200})\([^\n]{0,300}\)$"),
        has_digit=False,
    ),
    Form(
        "julia",  # before 1.6
        ".jl:",
        re.compile(
            r"\A(?:\[\d{1,3}\]|in) (?P<function>[^\s(){}]{1,200})[({][^\n]{0,300} at (?P<file>\S{1,300}\.jl):\d+$"
        ),
    ),
    Form(
        "matlab",  # before R2010
        "==> ",
        re.compile(r"\AError in ==> (?P<function>[A-Za-z][\w.>/@]{0,200}) at \d+$"),
    ),
    Form(
        "v8",  # React Native, the red screen
        "://",
        re.compile(
            r"\A(?P<function>[\w.$<>]{1,200}) "
            r"\((?P<file>(?:https?|file)://[^\s()]{1,300}?):\d+:(?P<column>\d+)\)$"
        ),
    ),
    Form(
        "v8",  # Qt
        ".qml:",
        re.compile(r"\A(?P<function>[\w.$]{1,200})@(?P<file>(?:qrc|file):[^\s@]{1,300}\.qml):\d+$"),
    ),
    Form(
        "dotnet",  # Unity, without places
        ":",
        re.compile(
            r"\A(?P<function>[A-Z][\w+`]{1,100}(?:[.:][\w+`<>]{1,100}){1,10})"
            r"\((?:(?:Int\d\d|UInt\d\d|Single|Double|Boolean|String|Object|IntPtr|[A-Z]\w{0,60}(?:EventData|\[\]|&))"
            r"(?:, [A-Z][\w`\[\]&]{0,60}){0,12})\)$"
        ),
        has_digit=False,
    ),
    Form(
        "dotnet",  # Ben.Demystifier
        ":line ",
        re.compile(
            rf"\A{_DEMYSTIFIED} (?P<function>(?:[\w<>]{{1,100}}\.){{1,20}}[\w<>]{{1,100}}){_ARGUMENTS}"
            r" in (?P<file>[^\n]{1,300}?):line \d+$"
        ),
    ),
    Form(
        "dotnet",  # without a place; fewer dots have words such as "Google Chrome.exe(64)", too
        "at ",
        re.compile(
            rf"\A{_DEMYSTIFIED} (?P<function>(?:[\w<>]{{1,100}}\.){{3,20}}[\w<>]{{1,100}}){_ARGUMENTS}$"
        ),
        has_digit=False,
    ),
    Form(
        "delphi",  # EurekaLog
        "[",
        re.compile(
            r"\A(?:[0-9A-F]{2,16} {0,4}\|){1,4} {0,2}(?P<file>[\w.-]{1,100}) {0,4}\|(?:[0-9A-F]{8,16} {0,4}\|)? {0,2}"
            r"[\w.]{0,100} {0,4}\| {0,2}(?P<function>\w{0,100} {0,4}\| {0,2}\w{1,100}) {0,4}\|\d{1,6} {0,2}\["
        ),
    ),
    Form(
        "delphi",  # madExcept
        " +",
        re.compile(
            r"\A[0-9a-f]{8,16} \+[0-9a-f]{2,8} (?P<file>[\w.-]{1,100}) (?:[\w.]{1,100} \d{1,6} \+\d{1,6} )?"
            r"(?P<function>[A-Za-z_][\w.]{1,200})$"
        ),
        has_digit=False,
    ),
    Form(
        "cobol",
        " at entry point ",
        re.compile(
            r"\AFrom compile unit (?P<file>[\w@#$]{1,60}) at entry point (?P<function>[\w@#$]{1,60}) at "
        ),
        has_digit=False,
    ),
    Form(
        "cobol",  # the dump of IBM's Language Environment
        " +",
        re.compile(
            r"\A\d{1,4} (?P<function>[A-Z@#$][A-Z0-9@#$_]{0,60}(?: [A-Z@#$][A-Z0-9@#$_]{0,60})?) \+[0-9A-F]{8} "
            r"(?:\d{1,6} )?[A-Z@#$][^\n]{0,200} (?:Call|Exception)$"
        ),
    ),
    Form(
        "cobol",  # its message
        "From entry point ",
        re.compile(
            r"\AFrom entry point (?P<function>[\w@#$-]{1,60}) at (?:statement \d+|compile unit offset) "
        ),
        has_digit=False,
    ),
    Form(
        "racket",
        ".rkt:",
        re.compile(r"\A(?P<file>\S{1,300}\.rkt):\d+:\d+: (?P<function>[^\s\[\]]{1,200})$"),
    ),
    Form(
        "shell",  # with the file, line and function in PS4
        "sh:",
        re.compile(
            r"\A\+{1,8} (?P<numbered>)(?P<file>\S{1,300}\.(?:ba|z)?sh):\d+: ?(?P<function>[A-Za-z_][\w.:-]{0,100}): \S"
        ),
    ),
    Form(
        "native",  # ESP32, decoded
        " at ",
        re.compile(
            r"\A0x[0-9a-fA-F]{8,16}: (?:\(inlined by\) )?(?P<function>[A-Za-z_~][\w:~<>.]{0,200})(?:\([^\n]{0,200}\))? "
            r"at (?P<file>\S{1,300}?):\d+$"
        ),
    ),
    Form(
        "native",  # GNAT
        ".ad",
        re.compile(
            r"\A0x[0-9a-f]{4,16} (?:in )?(?P<function>[\w.]{1,200}) at (?P<file>[\w.-]{1,200}\.ad[bs]):\d+$"
        ),
    ),
    Form(
        "native",  # PyTorch
        "frame #",
        re.compile(
            r"\Aframe #\d{1,4}: (?P<function>[^\n]{1,300}?) \+ 0x[0-9a-f]{1,8} "
            r"\(0x[0-9a-f]{4,16} in (?P<file>[^()\n]{1,300})\)$"
        ),
    ),
    Form(
        "native",  # compute-sanitizer
        "at 0x",
        re.compile(
            r"\Aat 0x[0-9a-f]{1,8} in (?P<file>\S{1,300}?):\d+:(?P<function>[A-Za-z_][^\n(]{0,300})\("
        ),
    ),
    Form(
        "native",
        "Host Frame:",
        re.compile(
            r"\AHost Frame: ?(?:(?P<file>\S{1,300}?):\d+:)?(?P<function>[A-Za-z_~][^\n\[(]{0,300}?)"
            r"(?:\([^\n]{0,300}\))? (?:in \S{1,300} )?\[0x[0-9a-f]{1,12}\]"
        ),
    ),
    Form(
        "offset",  # Flutter, without names
        "_kDart",
        re.compile(
            r"\A#\d{1,3} abs [0-9a-f]{8,16}(?: virt [0-9a-f]{8,16})? "
            r"(?P<file>_kDart\w{1,60})\+(?P<offset>0x[0-9a-f]{1,12})$"
        ),
    ),
    Form(
        "java",  # Cats Effect
        "@ ",
        re.compile(
            r"\A(?:[├╰└│] ){0,2}(?:[a-z]\w{0,40} )?@ (?P<function>[\w.$<>/]{1,300})"
            r"\([\w$.]{1,100}\.(?:scala|java|kt):\d+\)$"
        ),
    ),
    Form(
        "java",  # Clojure, as data
        '" ',
        re.compile(
            r"\A\[{1,2}(?P<function>[\w.$*!?+<>=-]{1,200}) \w{1,60} \"[^\"\n]{1,100}\.(?:cljc?|java)\" -?\d+\]"
        ),
    ),
    Form(
        "haskell",  # with profiling
        "hs:",
        re.compile(
            r"\A(?P<function>(?:[A-Z][\w']{0,60}\.){1,8}[\w'.]{1,100}) \((?P<file>\S{1,200}\.l?hs):[\d:()-]{1,60}\)$"
        ),
        has_digit=False,
    ),
    Form(
        "php",  # Symfony
        "(",
        re.compile(
            r"\Aat (?P<function>[A-Za-z_]\w{0,100}\\[\w\\]{1,200}(?:->|::)[\w{}\\]{1,100})"
            r"\((?:\)|(?:object|array|'|null|true|false|\d)[^\n]{0,400}\))"
        ),
        has_digit=False,
    ),
    Form(
        "native",  # Kotlin/Native
        " kfun:",
        re.compile(r"\Aat \d{1,4} \S{1,100} 0x[0-9a-f]{4,16} kfun:(?P<function>[^\s(]{1,300})\("),
    ),
    Form(
        "native",  # minidump-stackwalk
        "!",
        re.compile(
            r"\A\d{1,3} (?P<file>[\w.-]{1,100})!(?P<function>[A-Za-z_~][^\n\[\]]{0,300}?)"
            r" (?:\[[^\n\[\]]{1,300} : \d{1,7} \+ 0x[0-9a-f]{1,8}\]|\+ 0x[0-9a-f]{1,8})$"
        ),
    ),
    Form(
        "gleam",
        ".gleam:",
        re.compile(
            r"\A(?P<function>[a-z]\w{0,60}(?:/\w{1,60}){0,8}\.\w{1,100}) (?P<file>\S{1,200}\.gleam):\d{1,7}$"
        ),
    ),
    Form(
        "native",  # V
        ".c:",
        re.compile(r"\A\S{1,300}\.c:\d{1,7}: (?:at|by) (?P<function>[a-z_]\w{0,200})(?:: Backtrace)?$"),
    ),
    Form(
        "apex",
        ": line ",
        re.compile(r"\A(?:Class|Trigger)\.(?P<function>[\w.]{1,200}): line \d+, column \d+$"),
    ),
)
"""Forms that `frame_forms.FORMS` has after all others."""
