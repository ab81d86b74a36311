"""The platforms that a text names: systems, browsers, compilers, databases and the like, in groups (pure)."""

import re
from collections.abc import Iterable, Iterator

from dupfind.verdict.words import STOP_WORDS, Words, spaced

_GROUPS = {
    "system": (
        "windows/win32/win64/win10/win11",
        "linux/ubuntu/debian/fedora/centos/rhel/arch linux/suse/opensuse/alpine/gnome/kde",
        "macos/mac os x/os x/osx/mac/darwin",
        "ios/iphone/ipad/ipados/苹果",
        "android/安卓",
        "freebsd",
        "openbsd",
        "netbsd",
        "solaris/illumos",
        "blackberry",
        "tizen",
        "mobileweb/mobile web",
        "windows phone/winphone",
        "watchos/apple watch",
        "tvos/apple tv",
        "chromeos",
        "haiku",
    ),
    "distribution": (
        "ubuntu", "debian", "fedora", "centos", "rhel", "arch linux", "opensuse", "alpine", "gentoo", "nixos",
    ),
    "desktop": ("gnome", "kde/plasma", "xfce", "wayland", "x11"),
    "device": ("iphone", "ipad", "apple watch", "apple tv"),
    "browser": ("chrome/chromium", "firefox", "safari", "edge", "internet explorer/ie", "opera"),
    "compiler": ("gcc/g++", "clang", "msvc/visual c++", "mingw", "gccgo", "gc", "icc", "tcc"),
    "architecture": (
        "x86_64/x86-64/amd64/x64",
        "x86/i686/i386",
        "arm64/aarch64",
        "armv7/arm32/armhf",
        "arm",
        "mips",
        "powerpc/ppc64/ppc64le",
        "riscv/riscv64/risc-v",
        "s390x",
        "sparc/sparc64",
        "wasm/webassembly",
    ),
    "connector": (
        "usb-c/type-c/usb type-c", "micro-usb/micro usb", "mini-usb/mini usb", "lightning", "hdmi", "displayport",
        "dvi", "vga", "thunderbolt",
    ),
    "stage": ("staging", "production"),
    "bus": ("i2c", "spi", "uart", "can bus", "1-wire", "modbus"),
    "radio": (
        "bluetooth/ble", "wi-fi/wifi/wlan", "ethernet/lan", "zigbee", "z-wave", "nfc", "lora/lorawan", "lte/4g", "5g",
    ),
    "transfer": ("ftp", "sftp", "ftps", "scp", "webdav", "smb/cifs/samba", "nfs", "rsync"),
    "mail": ("imap", "pop3", "smtp", "exchange"),
    "messaging": ("mqtt", "amqp/rabbitmq", "kafka", "coap", "nats"),
    "currency": ("eur/€", "usd", "gbp", "jpy", "chf", "cny", "inr", "pln", "sek", "nok", "dkk", "brl", "cad", "aud"),
    "bits": ("32-bit/32 bit/32bit", "64-bit/64 bit/64bit"),
    "database": (
        "mysql", "postgresql/postgres", "sqlite", "mariadb", "oracle", "mongodb", "mssql/sql server", "redis",
        "cassandra", "db2", "cockroachdb", "elasticsearch", "dynamodb",
    ),
    "cloud": ("aws", "azure", "gcp/google cloud", "s3", "gcs"),
    "interface": ("command line/cli", "gui", "rest", "graphql", "grpc"),
    "language": (
        "python", "java", "kotlin", "swift", "objective-c", "javascript", "typescript", "ruby", "rust", "go/golang",
        "php", "c#", "c++", "scala", "perl", "lua", "haskell", "dart", "elixir",
    ),
    "package": ("deb", "rpm", "snap", "flatpak", "appimage", "homebrew", "docker", "msi", "apk", "npm", "yarn", "pnpm"),
    "theme": ("light mode/light theme", "dark mode/dark theme"),
    "shell": ("bash", "zsh", "fish", "powershell", "cmd"),
    "server": ("nginx", "apache", "tomcat", "jetty", "iis"),
    "store": ("app store", "play store", "google play"),
    "provider": ("github", "gitlab", "bitbucket", "gitea"),
    "format": (
        "pdf", "epub", "docx", "odt", "rtf", "csv", "xlsx/excel", "json", "xml", "yaml/yml", "toml", "ini", "png",
        "jpeg/jpg", "gif", "webp", "svg", "tiff", "heic", "avif", "bmp", "mp3", "flac", "ogg", "wav", "aac", "mp4",
        "mkv", "webm", "avi", "zip", "rar", "7z", "parquet", "avro",
    ),
    "editor": ("vs code/vscode", "vim/neovim", "emacs", "intellij", "eclipse", "sublime", "xcode", "android studio"),
    "console": ("playstation/ps4/ps5", "xbox", "nintendo switch", "steam deck"),
    "sign-in": ("google", "facebook", "twitter", "apple id", "microsoft account", "okta", "saml", "oidc", "ldap"),
}  # fmt: skip
"""Names of one platform are separated by strokes; a title that names two of a group names both."""


def _names() -> Iterator[tuple[str, str, str]]:
    for group, platforms in _GROUPS.items():
        for platform in platforms:
            for name in platform.split("/"):
                yield name, group, platform.split("/")[0]


_OF_NAME: dict[str, list[tuple[str, str]]] = {}
for _name, _group, _platform in _names():
    _OF_NAME.setdefault(_name, []).append((_group, _platform))


def _any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, the longest first, that reads what several of them begin with once.

    A search that tried each of some hundred names at each place of a text took four times as long.
    """
    tails: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        tails.setdefault(name[:1], []).append(name[1:])
    heads = [re.escape(head) + (_any_of(rest) if rest != [""] else "") for head, rest in tails.items()]
    return f"(?:{'|'.join(heads)})"


_PATTERN = re.compile(rf"(?<![\w.-]){_any_of(_OF_NAME)}(?![\w+#]|[.-]\w)", re.IGNORECASE)
_MAX_CHARACTERS = 600
# Words of ordinary English count only as a tracker writes a name: with their capital or in a tag.
_WORDS = """
go rest apple google edge opera oracle mac gc arm swift rust ruby dart snap apache fish
"""
_ORDINARY = frozenset(_WORDS.split())


def platforms(title: str) -> dict[str, set[str]]:
    """Return the platforms that a title names, by group."""
    found: dict[str, set[str]] = {}
    text = spaced(title[:_MAX_CHARACTERS])
    for match in _PATTERN.finditer(text):
        name = match[0].lower()
        is_capital = match[0][0].isupper() and match.start() > 0
        if name not in _ORDINARY or is_capital or text[match.end() :][:1] == ":":
            for group, platform in _OF_NAME[name]:
                found.setdefault(group, set()).add(platform)
    return found


def are_platforms(text: str) -> bool:
    """Return whether a text is names of platforms alone, with their versions: "iPad", "on Windows 7", "Edge only"."""
    names = {name.lower() for name in _PATTERN.findall(text)}
    others = [word for word in Words.of(_PATTERN.sub(" ", text)).lower if not any(map(str.isdigit, word))]
    if names <= _ORDINARY:  # "at rest" names none
        return bool(names) and set(others) <= {"only"}
    return all(word in STOP_WORDS or word == "only" for word in others)


def differing(left: str, right: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the platforms of two titles where both name some of one group and none in common; None otherwise."""
    ours, theirs = platforms(left), platforms(right)
    for group in ours:
        if group in theirs and ours[group].isdisjoint(theirs[group]):
            return tuple(sorted(ours[group])), tuple(sorted(theirs[group]))
    return None
