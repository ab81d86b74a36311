"""Tells frames of the project from those of libraries and of a language's runtime, by their names and folders."""

import re
import sys
from enum import IntEnum


class Owner(IntEnum):
    """Who wrote the code of a frame: the project, a library, or the makers of the language and its system."""

    PROJECT = 0
    LIBRARY = 1
    RUNTIME = 2


_RUNTIME_NAMES = {
    "java": re.compile(
        r"\A(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|clojure|groovy|dalvik|android|androidx|libcore"
        r"|com\.android|org\.codehaus\.groovy|org\.junit|junit|org\.hamcrest|org\.assertj"
        r"|org\.testng|_COROUTINE)\."
    ),
    "dotnet": re.compile(
        r"(?:System|Microsoft|MS|Mono|Interop|Windows|UnityE(?:ngine|ditor))\."
        r"|lambda_method|InvokeStub_|DynamicClass"
    ),
    "rust": re.compile(
        r"\A(?:std|core|alloc|backtrace|panic_unwind|rt|test|proc_macro|failure|unwind|panicking|sys::backtrace)::|_?rust_|__"
        r"|(?:main|clone3?|start_thread|_start|thread_start)\b|_pthread"
    ),
    "go": re.compile(
        r"(?:created by )?(?:runtime|testing|net|reflect|syscall|sync|internal|os|bufio|io|fmt|strings|bytes|sort|time"
        r"|context|encoding|database|html|text|container|crypto|math)(?:/[\w/]{1,60})?\.|panic$"
    ),
    "native": re.compile(
        r"__|_?_?libc_|_?rust_|upcall_|(?:_start|w?main|WinMain|abort|f?raise|kill|free|mem(?:cpy|set|move|cmp)|str(?:len|cpy|cmp|dup))\b"
        r"|gsignal|start_thread|clone3?\b|std::|(?:pthread|je)_|malloc|calloc|realloc|operator (?:new|delete)"
        r"|(?:Nt|Zw|Rtl|Ldr|Ki|Base)[A-Z]|objc_|_dispatch|swift_|-?\[?NS[A-Z]|UIApplicationMain|-?\[_?UI|CF[A-Z]|GS[A-Z]"
        r"|art_|art::|android::|<signal handler|<null>|<unknown>|\?\?|_?(?:asan|tsan|sanitizer)_"
    ),
    "elixir": re.compile(
        r":(?:gen_server|gen_statem|proc_lib|erl_eval|timer|lists)\."
        r"|(?:Enum|GenServer|Task|Agent|Kernel)\."
    ),
    "erlang": re.compile(r"(?:gen_server|gen_statem|proc_lib|erl_eval|timer|lists|maps|erlang):"),
    "lua": re.compile(r"(?:xpcall|pcall|error|assert|require)$"),
    "haskell": re.compile(r"(?:error|undefined|errorWithoutStackTrace|errorEmptyList|throw|throwIO)$"),
    "ocaml": re.compile(r"Stdlib"),
    "r": re.compile(
        r"(?:base|stats|utils|methods|rlang|withr)::"
        r"|(?:stop|tryCatch|withCallingHandlers|eval|lapply|do\.call)$"
    ),
    "powershell": re.compile(r"<ScriptBlock>"),
    "v8": re.compile(
        r"(?:process\.|Module[._]|node:|internal)|(?:processTicksAndRejections|runMicrotasks)\b"
    ),
}
_LIBRARY_NAMES = {
    "java": re.compile(
        r"(?:org\.springframework|org\.hibernate|org\.apache\.(?:catalina|coyote|tomcat|maven|log4j|commons)|io\.netty"
        r"|org\.eclipse\.jetty|reactor|rx|io\.reactivex|org\.mockito|org\.mozilla\.javascript|org\.gradle|okhttp3|retrofit2"
        r"|com\.google|com\.fasterxml|org\.slf4j|ch\.qos)\."
    ),
    "rust": re.compile(
        r"(?:tokio|futures\w{0,20}|hyper|actix\w{0,20}|axum|tower\w{0,20}|rayon\w{0,20}|serde\w{0,20}|tracing\w{0,20})::"
    ),
    "dotnet": re.compile(r"(?:Newtonsoft|Xunit|NUnit|Castle|Autofac|MediatR)\."),
    "go": re.compile(r"(?:created by )?(?:golang\.org|google\.golang\.org|gopkg\.in)/"),
    "native": re.compile(r"Q[A-Z]\w{0,60}::|g_\w|gtk_|gdk_|boost::|folly::|absl::"),
}
_RUNTIME_PLACE = re.compile(
    r"/lib(?:64)?/ruby/\d[^\s/]{0,40}/|^\./\w+\.jl$|/share/julia/"
    r"|<frozen |<__array_function__|<internal:|^node:|^dart:|<anonymous>|\[native code\]|\[internal function"
    r"|/rustc/|/usr/(?:local/)?(?:lib/)?go(?:-[\d.]+)?/src/|^/(?:system|apex)/"
    r"|^(?:/usr)?/lib(?:64|32)?/(?:\w+-linux-\w+/)?lib"
    r"|^(?:lib(?:system|objc|dispatch|swift|c\+\+|pthread|dyld|xpc)|dyld\b|CoreFoundation|Foundation$|UIKit(?:Core)?$|AppKit$"
    r"|GraphicsServices|QuartzCore|SwiftUI(?:Core)?$|AttributeGraph|CFNetwork|HIToolbox|CoreAutoLayout|WebKit$|JavaScriptCore"
    r"|ntdll|kernel32|KERNELBASE|ucrtbase|libc\.so|libart|libjvm|linux-vdso|user32|comctl32)"
)
_RUNTIME_OF = {  # of one language: the function, a line break, and the place
    "haskell": re.compile(r"[\n/]libraries/(?:base|ghc(?:-[\w.-]{1,60})?)/"),
    "ocaml": re.compile(
        r"\A(?:List\.\S*\nlist|Array\.\S*\narray|Hashtbl\.\S*\nhashtbl|String\.\S*\nstring)\.ml$"
    ),
    "v8": re.compile(r"\ninternal/"),
}
# A project may lie below the folder of its Python, too: only modules of the standard library are the runtime's.
_PYTHON_PLACE = re.compile(r"/(?:lib(?:64)?/python\d[^\s/]{0,40}|Python\d{1,4}/[Ll]ib)/([^\s/.]{1,80})")
_LIBRARY_PLACE = re.compile(
    r"(?:site|dist)-packages/|node_modules/|/gems/|/vendor/|\.cargo/registry/|/pkg/mod/|package:flutter/"
    r"|(?:^|/)(?:(?:vendors?|polyfills|framework)(?=[.~-])|(?:react-dom|vue\.runtime|angular|jquery|zone)\b)"
    r"[\w.~-]{0,100}\.[cm]?js\b"
)


_REPORTS_ONLY = re.compile(
    r"(?:.{0,300}[.:>])?(?:fail(?:NotEquals|Now)?|assert(?:True|False|Equals|That|Null|NotNull|Same|Throws)?|__assert\w{0,20}"
    r"|(?:opt_)?(?:span_)?bug(?:_fmt)?|begin_(?:unwind|failure|panic)(?:_\w{1,20})?|on_fail|abort_if_errors|fail_bounds_check"
    r"|unwrap_failed|expect_failed|panic(?:_\w{1,30})?|rust_panic\w{0,30}|throw_\w{1,60})(?: \S{1,60})?$"
)
_CORE_OF_NODE = re.compile(
    r"(?:_?(?:assert|async_hooks|buffer|child_process|cluster|crypto|dgram|dns|events|fs|http|https|module|net|node|path"
    r"|querystring|readline|repl|stream|timers|tls|tty|url|util|vm|zlib)|_http_\w{1,20}|_stream_\w{1,20}"
    r"|bootstrap_node|(?:async_hooks|next_tick))\.js$"
)


def owner(form: str, name: str, place: str) -> Owner:
    """Return who wrote the code of a frame; what only reports a failure counts as runtime: `panic`, `assertTrue`.

    Args:
        form: The kind of trace: "java", "dotnet", "rust", "go", "native", "v8" or another.
        name: The function, as far as it is known.
        place: Its whole path, or the name of its image; "" where the trace does not say.
    """
    place = place.replace("\\", "/")
    if _REPORTS_ONLY.match(name) or (form == "v8" and _CORE_OF_NODE.match(place)):
        return Owner.RUNTIME
    if (runtime := _RUNTIME_NAMES.get(form)) and name and runtime.match(name):
        return Owner.RUNTIME
    if place and _LIBRARY_PLACE.search(place):
        return Owner.LIBRARY
    if (python := _PYTHON_PLACE.search(place)) and python[1] in sys.stdlib_module_names:
        return Owner.RUNTIME
    if place and _RUNTIME_PLACE.search(place):
        return Owner.RUNTIME
    if (runtime := _RUNTIME_OF.get(form)) and runtime.search(f"{name}\n{place}"):
        return Owner.RUNTIME
    if (library := _LIBRARY_NAMES.get(form)) and name and library.match(name):
        return Owner.LIBRARY
    return Owner.PROJECT
