"""The forms in which languages and tools that fewer reports come from write the frames of a stack trace."""

import re

from dupfind.text.frame_form import Form

_NOT_ITS_KIND = r"(?!(?:\w*Error|error|[Ww]arning|[Hh]int|[Ii]nfo|[Nn]ote)\b)"  # what a compiler writes there
_DOCUMENT = (
    r"\.(?:ya?ml|json|xml|html?|css|md|txt|cfg|conf|ini|toml|csv|log|[cm]?[jt]sx?|py|rb|java|php|sql|sh)\b"
)
_IMAGE = r"\.(?i:exe|dll|sys|ocx|drv|pyd|node|dylib|so[\d.]{0,12})"

OTHER_FORMS = (
    Form(
        "elixir",
        ".e",
        re.compile(
            r"\A(?:\(\w{1,60} [\w.+-]{1,30}\) )?(?P<file>[^\s:]{1,200}\.(?:exs?|erl)):\d+: "
            r"(?P<function>:?[A-Za-z][\w.:!?]{0,200}/\d{1,3}|anonymous fn/\d{1,3} in \S{1,200})(?=\W{0,3}$)"
        ),
    ),
    Form(
        "erlang",
        ".erl",
        re.compile(
            r"\A(?:in (?:call from|function) )?(?P<function>[\w.-]{1,100}:[\w.'@-]{1,100})[/(][^\n]{0,300} "
            r"\((?P<file>\S{1,200}\.erl), line \d+\)$"
        ),
    ),
    Form(
        "dart",  # shortened by the package stack_trace
        ".dart ",
        re.compile(
            rf"\A(?P<file>\S{{1,300}}\.dart) \d+:\d+ (?P<function>{_NOT_ITS_KIND}(?:new )?\S{{1,200}})$"
        ),
    ),
    Form(
        "dotnet",  # Mono and Unity
        ") ",
        re.compile(
            r"\A(?:at )?(?P<function>[A-Za-z_][\w<>`+/|]{0,100}(?:[.:][\w<>`+/|,\[\]]{1,100}){1,20}) ?"
            r"\([^()\n]{0,300}\) (?:\(at (?P<file>[^()\n]{1,300}?(?:\.[A-Za-z]\w{0,9}|>)):\d+\)"
            r"|\[0x[0-9a-f]{1,8}\] in [^\n]{1,300})$"
        ),
    ),
    Form(
        "native",  # Valgrind
        " 0x",
        re.compile(
            r"\A(?:at|by) 0x[0-9a-fA-F]{4,16}: (?=[^\n]{0,600}(?:::|\.\w{1,10}:\d|\(in \S{0,200}[/\\]))"
            r"(?P<function>(?!\?\?\?)[^\n]{1,300}?) "
            r"\((?:in (?=[^()\n:]{1,300}\))|(?=[^()\n:]{1,300}:))(?P<file>[^()\n:]{1,300})(?::\d+)?\)$"
        ),
    ),
    Form(
        "native",  # Boost
        "# ",
        re.compile(
            r"\A\d{1,3}# (?=[^\n]{0,300}?(?:::|[^\s(]\()"
            rf"|\w{{1,200}} (?:at \S{{0,300}}\.\w|in \S{{1,300}}{_IMAGE}$)|(?:w?main|\w{{0,100}}_\w{{0,100}}) in )"
            r"(?P<function>(?!0x)[A-Za-z_~<(][^\n]{0,300}?) "
            rf"(?:at (?P<file>\S{{1,300}}?):\d+|in (?:(?=[^\s/\\]{{0,200}}[/\\])\S{{1,300}}|\S{{1,200}}{_IMAGE}))$"
        ),
    ),
    Form(
        "native",  # backward-cpp
        ", in ",
        re.compile(
            r"\A(?P<numbered>#\d{1,3} )?(?:Object|Source) \"(?P<file>[^\"\n]{1,300})\", "
            r"(?:at 0x[0-9a-f]{1,16}|line \d+), in (?P<function>[^\n]{1,300}?)(?: \[0x[0-9a-f]{1,16}\])?$"
        ),
    ),
    Form(
        "native",  # WinDbg, with the arguments
        "!",
        re.compile(
            r"\A(?:\(Inline Function\) )?(?:[-0-9a-f`]{8,17} ){1,2}: (?:[-0-9a-f`]{8,17} ){1,4}: "
            r"(?P<file>[\w.-]{1,100})!(?P<function>[\w:~<>,`' ]{1,300}?)(?:\+0x[0-9a-f]{1,8})?(?: \[[^\n]{0,300}\])?$"
        ),
        has_digit=False,
    ),
    Form(
        "native",  # Visual Studio and Unreal
        "!",
        re.compile(
            rf"\A(?:\[Callstack\] )?(?:0x[0-9a-fA-F]{{8,16}} )?(?P<file>[\w.-]{{1,100}}{_IMAGE})!(?=\S)"
            r"(?P<function>[^\n\[\]]{1,300}?)(?: Line \d+(?: C\+\+)?|(?<=\)) \[[^\n]{0,300}\])$"
        ),
        has_digit=False,
    ),
    Form(
        "native",  # the file of a crash of a Java machine: its own frames and those of libraries
        "+0x",
        re.compile(
            r"\A(?:# )?[CV] \[(?P<file>[^\s\]+]{1,100})\+(?P<offset>0x[0-9a-f]{1,12})\]"
            r"(?: (?P<function>[^\n]{1,300}?)(?:\+0x[0-9a-f]{1,8})?)?$"
        ),
    ),
    Form(
        "java",  # the same file
        ")",
        re.compile(
            r"\A[jJ] (?:\d{1,7}%? )?(?:c[12] )?(?P<function>(?:[\w$]{1,100}[./]){1,20}[\w$<>]{1,200})"
            r"\([\w$/;\[]{0,300}\)[\w$/;\[]{1,200}(?:\+\d+| \(\d+ bytes\))"
        ),
    ),
    Form(
        "native",  # Delphi
        "]{",
        re.compile(
            r"\A\[[0-9A-Fa-f]{8,16}\]\{(?P<file>[^{}\s]{1,100}) ?\} (?P<function>[A-Za-z_][\w.@$]{0,200})"
        ),
        has_digit=False,
    ),
    Form(
        "zig",
        ".zig:",
        re.compile(r"\A(?P<file>\S{1,300}\.zig):\d+:\d+: 0x[0-9a-f]{4,16} in (?P<function>\S{1,200})"),
    ),
    Form(
        "nim",  # the innermost call comes last
        ".nim(",
        re.compile(r"\A(?P<numbered>)(?P<file>\S{1,300}\.nim)\(\d+(?:, \d+)?\) (?P<function>\w{1,200})$"),
    ),
    Form(
        "rust",  # WebAssembly in Chromium
        ":wasm-function[",
        re.compile(
            r"\Aat (?P<function>[^\n]{1,300}?) "
            r"\((?P<file>[^()\s]{1,300}?):wasm-function\[\d+\]:0x[0-9a-f]{1,12}\)$"
        ),
    ),
    Form(
        "rust",  # and in Firefox
        ":wasm-function[",
        re.compile(
            r"\A(?P<function>[^@\n]{1,300})@(?P<file>\S{1,300}?):wasm-function\[\d+\]:0x[0-9a-f]{1,12}$"
        ),
    ),
    Form(
        "v8",  # as Sentry writes it
        " at line ",
        re.compile(
            r"\A(?P<file>\S{1,300}\.[cm]?[jt]sx?) in (?P<function>\S{1,200}) at line \d+:(?P<column>\d+)$"
        ),
    ),
    Form(
        "perl",
        ") called at ",
        re.compile(
            r"\A(?P<function>[A-Za-z_]\w{0,60}(?:::\w{1,100}){1,12})\([^\n]{0,400}\) called at "
            r"(?P<file>\S{1,300}) line \d+"
        ),
    ),
    Form(
        "lua",
        ": in ",
        re.compile(
            r"\A(?:\[string \"@?)?(?P<file>[^\s:\"]{1,300}\.luau?)(?:\"\])?:\d+: in "
            r"(?:(?:method|function|upvalue|local|field|global|metamethod) )?"
            r"[`'‘<](?P<function>[^'’>\n]{1,200})['’>]\W{0,3}$"
        ),
    ),
    Form(
        "lua",  # Roblox
        ", Line ",
        re.compile(
            r"\A(?:Script )?'(?P<file>[\w. -]{1,200})', Line \d+ - "
            r"(?:method|function|upvalue|local|field|global) (?P<function>\w{1,200})$"
        ),
    ),
    Form(
        "haskell",
        ", called at ",
        re.compile(r"\A(?P<function>[\w'.$]{1,200}), called at (?P<file>\S{1,300}\.l?hs):\d+:\d+ in \S"),
    ),
    Form(
        "ocaml",
        ' file "',
        re.compile(
            r"\A(?:Raised (?:at|by primitive operation at)|Re-raised at|Called from) (?P<function>[\w.@'/-]{1,200})"
            r"(?: in)? file \"(?P<file>[^\"\n]{1,300})\"(?: \(inlined\))?, lines? \d"
        ),
    ),
    Form(
        "r",
        "#",
        re.compile(
            r"\A\d{1,3}: (?P<function>[\w.:$]{1,200})\([^\n]{0,400} at (?P<file>\S{1,200}\.[RrSsQq])#\d+$"
        ),
    ),
    Form(
        "r",  # rlang lists the innermost call last
        "─",
        re.compile(
            r"\A(?P<numbered>\d{1,3})\. [│├└─ ]{1,80}"
            r"(?:global )?(?P<function>[A-Za-z.][\w.]{0,60}:{0,3}[\w.$]{1,200})\("
        ),
    ),
    Form(
        "powershell",
        ": line ",
        re.compile(
            r"\Aat (?P<function>[A-Za-z<][\w<>:-]{0,200}), "
            r"(?P<file><[^<>\n]{1,60}>|[^\n]{1,300}\.(?i:ps[md]?1|cdxml)): line \d+$"
        ),
    ),
    Form(
        "sql",  # Oracle
        "ORA-06512: ",
        re.compile(r"\AORA-06512: \S{1,10} \"(?P<function>[^\"\n]{1,200})\", \S{1,20} \d+"),
    ),
    Form(
        "sql",  # PostgreSQL
        "PL/pgSQL function ",
        re.compile(
            r"\A(?:CONTEXT: {1,2})?PL/pgSQL function (?P<function>[\w.\"]{1,200})(?:\([^\n]{0,200}\))? line \d+ at \w"
        ),
    ),
    Form(
        "matlab",
        "(line ",
        re.compile(
            rf"\AError (?:in|using) (?P<function>{_NOT_ITS_KIND}(?!\S{{0,200}}{_DOCUMENT})[A-Za-z][\w.>/@]{{0,200}}) "
            r"\(line \d+\)\W{0,3}$"
        ),
    ),
    Form(
        "tcl",
        '(procedure "',
        re.compile(r"\A\(procedure \"(?P<function>[^\"\n]{1,200})\" line \d+\)$"),
    ),
    Form(
        "ruby",  # Crystal
        ".cr:",
        re.compile(r"\A(?:from )?(?P<file>[^\s:]{1,300}\.cr):\d+:\d+ in '(?P<function>[^'\n]{1,200})'$"),
    ),
    Form(
        "godot",
        ".gd:",
        re.compile(
            r"\A(?:at: |\[\d{1,3}\] )(?P<function>[\w.]{1,200}) \((?P<file>[^\s()]{1,200}?\.gd):\d+\)$"
        ),
    ),
    Form(
        "godot",
        ".gd:",
        re.compile(
            r"\A(?:At: |\d{1,3} - |<GDScript Source>)?(?P<file>[^\s()<>]{1,200}?\.gd):\d+ "
            r"(?:@ |- at function: )(?P<function>\w{1,200})(?:\(\))?$"
        ),
    ),
)
"""Forms that `frame_forms.FORMS` has last."""
