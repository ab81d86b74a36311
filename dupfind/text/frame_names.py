"""Names of functions in stack traces without what differs between two reports (pure).

Parameters, types, hashes, and the numbers of lambdas, closures and nameless classes are left out.
"""

import re

MINIFIED = 400
"""Columns; a longer line of JavaScript was minified, and its column tells functions without a name apart."""

_MANGLED = 2  # letters of the longest name that a minifier makes

_VOLATILE = re.compile(
    r"::h[0-9a-f]{15,20}\w{0,8}(?:::v\d[\w.-]{0,30})?$|17h[0-9a-f]{16}E?\b|::closure\.\d+"
    r"|::\{\{[^{}]{1,40}\}\}|::\{(?:closure|impl|shim)[^{}]{0,20}\}|\{\{closure\}\}|#\d+"  # Rust
    r"|\$\$Lambda[$/\w]{0,40}|\$\$(?:Enhancer|FastClass|Proxy|ExternalSynthetic)\w*"  # Java
    r"|\$r8\$lambda\$[\w$-]*|\$\d+|\blambda\$|(?<=Accessor)\d+|(?<=\$Proxy)\d+|__\d+\b|(?<=[a-z])\d{2,}(?=[.$])"
    r"|\.(?:func|gowrap)\d+(?:\.\d+)*|-fm$|\[\.\.\.\]"  # Go
    r"|0x[0-9a-fA-F]+"
)
_OF_A_COMPILER = re.compile(  # what compilers of C add to a name
    r"\[clone [^\[\]]{1,60}\]|_m[0-9A-F]{8,40}(?=\(|$)|\.(?:part|constprop|isra|cold|llvm)\.?\d*|@@?[A-Z]\w+[\d.]+"
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


_CLOSURE_OF_FSHARP = re.compile(r"@\d+(?:-\d+)*(?!\w)")


def _dotnet(name: str) -> str:
    """Return a name with the method's own name where the compiler made another of it: `<Load>d__3.MoveNext`."""
    name = _CLOSURE_OF_FSHARP.sub("", name)
    name = _GENERATED.sub(lambda found: found[1] or "", name.replace(":", ".").removesuffix(".MoveNext"))
    return re.sub(r"[<>]|\.{2,}", lambda found: "." if found[0][0] == "." else "", name).strip(".+")


_BLOCK = re.compile(r"\A(?:(?:block(?: \(\d+ levels\))?|rescue|ensure) in )+")


def _ruby(name: str) -> str:
    return re.split(r"[#.]|::", _BLOCK.sub("", name))[-1]


def _go(name: str) -> str:
    return _qualified(re.sub(r"/v\d+(?=[./])|%2e", lambda found: "." if found[0][0] == "%" else "", name))


def _php(name: str) -> str:
    return (
        re.sub(r"\{closure[^}]*\}?|\$0\w*|@anonymous\S*|:\d+", "{closure}", name)
        .split("(")[0]
        .replace("\\\\", "\\")
    )


def _lua(name: str) -> str:
    """Return a name; "" for a nameless function, in whose place the trace has its file and line."""
    return "" if re.search(r":\d+$", name) else _qualified(name)


def _erlang(name: str) -> str:
    return _qualified(name.replace("'", "").replace(",", ":"))


def _delphi(name: str) -> str:
    return ".".join(part.strip() for part in name.split("|") if part.strip())


_NORMAL = {
    "lua": _lua,
    "erlang": _erlang,
    "delphi": _delphi,
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


def function_name(kind: str, name: str) -> str:
    """Return the name of a function as all reports of one fault have it.

    Args:
        kind: Of the trace: `frame_forms.Form.kind`.
        name: As the trace has it; may be "".
    """
    return _NORMAL.get(kind, _qualified)(name)


_HEXADECIMAL = re.compile(r"(?=[a-f]*\d)[0-9a-f]{6,64}")
_BASE64 = re.compile(r"(?=\w{0,7}\d|\w{1,6}[A-Z][a-z]{0,6}[A-Z])\w{8}")
_DECORATION = re.compile(
    r"\A(?:async\*|promise callback\*|setTimeout handler\*|new )|\[as [^\[\]]{1,60}\]|[<>*]|/<|/$"
)


def script_place(name: str, file: str, column: int) -> tuple[str, str]:
    """Return function and file of a script without the hash of its build.

    Only the last part of a function's name is the same in all browsers. A name that a minifier made says nothing; the
    column stands for it.

    Args:
        name: Of the function; may be "".
        file: Without its folders.
        column: In the line, from 1; 0 where the trace has none.
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
