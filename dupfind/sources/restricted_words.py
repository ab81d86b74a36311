"""The words by which tables and files of no known tracker say that some people only may see an issue."""

from dupfind.sources.column_names import normalize
from dupfind.sources.column_words import words

_FLAGS = """
confidential, sensitive, private, restricted, hidden, embargoed, secret, internal, internal only, for internal use,
internal use only, staff only, team only, members only, admin only, restrict access, restricted access,
access restricted, not public, non public, privat, intern, nur intern, nur für intern, eingeschränkt, vertraulich,
geheim, privé, privée, interne, interne uniquement, restreint, confidentiel, privado, privada, interno, interna,
solo interno, sólo interno, restringido, restringida, somente interno, apenas interno, uso interno, restrito,
restrita, confidencial, privato, privata, riservato, riservata, solo uso interno, приватно, приватная, приватный,
частная, только для сотрудников, внутреннее, внутренний, секретно, 私有, 私密, 保密, 机密, 内部, 仅内部, 仅内部可见,
保密問題, 非公開, 社外秘, 内部のみ, 社内のみ, 社内限定, 비공개, 대외비, 내부용, 내부 전용, prywatne, prywatny,
poufne, wewnętrzne, tylko wewnętrzne, alleen intern, vertrouwelijk, besloten, gizli, özel, konfidentiell,
privat sak, důvěrné, soukromé, luottamuksellinen, bizalmas, приховано, конфіденційно
"""
_PUBLIC_FLAGS = """
public, publicly visible, visible to public, visible publicly, public visible, visible to all, visible to everyone,
öffentlich, öffentlich sichtbar, publique, visible au public, visible par tous, público, pública,
visible para todos, visível para todos, pubblico, pubblica, visibile a tutti, публично, публичный, публичная,
видно всем, 公开, 公開, 对外公开, 公开可见, 공개, publiczne, publiczny, widoczne dla wszystkich, openbaar,
herkese açık, offentlig, veřejné, julkinen, nyilvános, публічно
"""
_ASKING = "is", "ist", "est", "es", "é", "è", "jest", "是否", "是否已", "为"
_VIEWS = """
view state, view status, information type, visibility, visible for, access level,
privacy, privacy level, confidentiality, confidentiality level, sensitivity, sensitivity level, sensitivity label,
classification, data classification, information classification, security classification, sichtbarkeit, zugriff,
vertraulichkeit, klassifizierung, visibilité, confidentialité, visibilidad, visibilidade, confidencialidad,
confidencialidade, visibilità, riservatezza, видимость, доступ, конфиденциальность, 可见性, 可见范围, 密级,
公開範囲, 公开范围, 공개 범위, 공개범위, 보안등급, widoczność, poufność, zichtbaarheid, görünürlük
"""
_HIDDEN = """
private, restricted, internal, internal only, internal use only, confidential, strictly confidential,
highly confidential, proprietary, embargoed, private security, user data, secret, top secret, hidden, sensitive,
limited, members, members only, staff, staff only, team, team only, admin, admins, admin only, admins only,
not public, non public, nonpublic, reporter only, privat, intern, nur intern, vertraulich, streng vertraulich,
geheim, privé, interne, confidentiel, restreint, privado, interno, confidencial, restringido, restrito, privato,
riservato, приватный, внутренний, конфиденциально, секретно, 私人, 私有, 私密, 内部, 仅内部, 机密, 保密, 秘密,
非公開, 社外秘, 社内, 社内限定, 機密, 비공개, 대외비, 내부, prywatny, prywatne, poufne, wewnętrzne, vertrouwelijk,
alleen intern, gizli, özel
"""

FLAGS = frozenset(
    normalize(f"{asking} {word}".strip()) for word in words(_FLAGS) for asking in ("", *_ASKING)
) | frozenset(normalize(f"是否{word}") for word in words(_FLAGS))
"""Names of columns and keys that are true for such an issue."""
PUBLIC_FLAGS = frozenset(
    normalize(f"{asking} {word}".strip()) for word in words(_PUBLIC_FLAGS) for asking in ("", *_ASKING)
) | frozenset(normalize(f"是否{word}") for word in words(_PUBLIC_FLAGS))
"""Names that are false for such an issue; an empty one says nothing."""
VIEWS = frozenset(map(normalize, words(_VIEWS)))
"""Names whose value is a word of `HIDDEN` for such an issue."""
HIDDEN = words(_HIDDEN) | words(_FLAGS)
"""Values of such a name, in lower case, with a space between words."""
