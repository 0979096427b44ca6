"""Patterns of secrets and personal data, shared by SDK and collector.

Each pattern is linear in the text. Hints follow from the patterns: a key's own prefix is its hint.
Coverage was checked against detect-secrets' plugins and presidio's recognisers.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

# Separators between the groups of a number: spaces of any width, dots, slashes, dashes.
_GAP = (
    r"(?:[\s\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000]{1,3}|[./_+·\-\u2010-\u2015\u2212]"
    r"|%20|&nbsp;)"
)
_IBAN_LENGTHS = (
    "NO15 BE16 DK18 FI18 FK18 FO18 GL18 NL18 SD18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 MN20 XK20"
    " CH21 HR21 LI21 LV21 BG22 BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23"
    " OM23 SO23 TL23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26"
    " TR26 BI27 DJ27 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 GT28 HU28 LB28 NI28"
    " PL28 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 YE30 MT31 SC31 RU33"
)


Hints = tuple[str | tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Mask:
    """Pattern of one kind of secret, with its label and check.

    If the pattern has a group named `value`, only that part is masked. `hints`: lower-case texts
    of which one must occur for the pattern to be tried at all; they make a clean text cheap. A
    pair of a text and more hints: these are looked for only where that text occurs.
    `anchored`: every match begins with a hint, so it is looked for nowhere else. `probe`: a
    cheaper pattern that must be found before. `digits`: decimal digits that a text with a match
    has at least; `run`: that many stand in a row but for what separates groups. `code`: two digits
    follow two letters in every match. `word`: every match lies in a word (no white space) of at
    least that length. `needs`: characters of which one must occur. `before`: what one hint must
    follow, a pattern of one character.
    """

    name: str
    pattern: str
    check: Callable[[str], bool] | None = None
    hints: Hints = ()
    flags: int = 0
    anchored: bool = False
    probe: str = ""
    digits: int = 0
    run: int = 0
    code: bool = False
    word: int = 0
    needs: str = ""
    before: str = ""


def luhn(text: str) -> bool:
    """Whether the digits pass the check of payment card numbers (ISO/IEC 7812-1)."""
    digits = _digits(text)
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def card(text: str) -> bool:
    """Whether the digits are of a payment card: its network's prefix, and the check digit."""
    return _CARD_PREFIX.match("".join(map(str, _digits(text)))) is not None and luhn(text)


def access_key(text: str) -> bool:
    """Whether 40 characters look drawn at random: no word, no path, no hexadecimal digest."""
    kinds = [
        "0" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else "/" for c in text
    ]
    changes = sum(one != other for one, other in itertools.pairwise(kinds))
    runs = "".join(kinds)
    # A name in camel case has single capitals and longer words.
    return "0" in runs and "AA" in runs and "a" * 7 not in runs and changes >= 12


def ssn(text: str) -> bool:
    """Whether it may be a US social security number: no group is zero, no area 666 or 9xx."""
    area, group, serial = text[:3], text[4:6], text[7:]
    return not (area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000")


def national_phone(text: str) -> bool:
    """Whether a number with a leading zero is as long as a subscriber's: 9 to 12 digits."""
    return 9 <= len(_digits(text)) <= 12


def iban(text: str) -> bool:
    """Whether the text passes the check of account numbers (ISO 13616, mod 97)."""
    plain = "".join(c for c in re.sub("%20|&nbsp;", "", text).upper() if c.isalnum())
    if len(plain) < 5:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _digits(text: str) -> list[int]:
    plain = text.replace("%20", "")
    return [int(c) for c in plain if c.isdecimal()]


_CARD_PREFIX = re.compile(
    r"4|5[0-9]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|220[0-4]|3(?:[47]|0|[689]|5(?:2[89]|[3-8]))|6"
)


def _iban_pattern() -> str:
    """By length the countries that have it: greedier, it would take in the word behind."""
    countries: dict[int, list[str]] = {}
    for entry in _IBAN_LENGTHS.split():
        countries.setdefault(int(entry[2:]), []).append(entry[:2])
    lengths = "|".join(
        rf"(?:{'|'.join(names)})\d\d(?:{_GAP}?[A-Z0-9]){{{length - 4}}}(?![A-Z0-9])"
        for length, names in countries.items()
    )
    return rf"(?:(?<![A-Z0-9])|(?<=IBAN))(?=[A-Z]{{2}}\d\d)(?:{lengths})"


# A prefix that only keys have, and what follows it. detect-secrets and the vendors' own pages.
_KEYS: tuple[tuple[str, str], ...] = (
    ("sk-", r"(?:ant-|proj-|lf-|or-|svcacct-)?[\w-]{16,}"),  # OpenAI, Anthropic, Langfuse
    ("sk_live_", r"\w{10,}"),  # Stripe
    ("sk_test_", r"\w{10,}"),
    ("rk_live_", r"\w{10,}"),
    ("rk_test_", r"\w{10,}"),
    ("whsec_", r"[\w+/=]{16,}"),
    ("gw_", r"[\w-]{16,}"),  # Groundwire
    ("ghp_", r"\w{20,}"),  # GitHub
    ("gho_", r"\w{20,}"),
    ("ghu_", r"\w{20,}"),
    ("ghs_", r"\w{20,}"),
    ("ghr_", r"\w{20,}"),
    ("github_pat_", r"\w{20,}"),
    ("glpat-", r"[\w-]{16,}"),  # GitLab
    ("gldt-", r"[\w-]{16,}"),
    ("glrt-", r"[\w-]{16,}"),
    ("glft-", r"[\w-]{16,}"),
    ("glcbt-", r"[\w-]{16,}"),
    ("glimt-", r"[\w-]{16,}"),
    ("glptt-", r"[\w-]{16,}"),
    ("glagent-", r"[\w-]{16,}"),
    ("gloas-", r"[\w-]{16,}"),
    ("gr1348941", r"[\w-]{16,}"),
    ("xox", r"[abeoprs](?:\.[a-z0-9]+)?-[\w-]{10,}"),  # Slack
    ("xapp-", r"[\w-]{10,}"),
    ("hooks.slack.com/", r"(?:services|workflows|triggers)/[\w/]{16,}"),
    ("akia", r"[0-9A-Z]{16}"),  # AWS
    ("asia", r"[0-9A-Z]{16}"),
    ("abia", r"[0-9A-Z]{16}"),
    ("acca", r"[0-9A-Z]{16}"),
    ("a3t", r"[0-9A-Z]{17}"),
    *((f"a{name}a", r"[0-9A-Z]{16}") for name in ("gp", "id", "ip", "np", "nv", "ro")),
    ("aiza", r"[\w-]{35}"),  # Google
    ("ya29.", r"[\w-]{20,}"),
    ("gocspx-", r"[\w-]{20,}"),
    ("hf_", r"\w{20,}"),  # Hugging Face
    ("npm_", r"\w{30,}"),
    ("pypi-", r"[\w-]{32,}"),
    ("sg.", r"[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("gsk_", r"\w{20,}"),  # Groq
    ("r8_", r"\w{30,}"),  # Replicate
    ("pplx-", r"\w{30,}"),  # Perplexity
    ("xai-", r"\w{30,}"),
    ("nvapi-", r"[\w-]{30,}"),
    ("tvly-", r"[\w-]{20,}"),
    ("lsv2_", r"\w{20,}"),  # LangSmith
    ("glsa_", r"\w{30,}"),  # Grafana
    ("hvs.", r"[\w-]{20,}"),  # HashiCorp Vault
    ("dop_v1_", r"\w{30,}"),  # DigitalOcean
    ("dapi", r"[0-9a-f]{32}"),  # Databricks
    ("dckr_pat_", r"[\w-]{20,}"),
    ("shpat_", r"\w{30,}"),  # Shopify
    ("sq0", r"(?:csp|atp)-[\w-]{20,}"),  # Square
    ("figd_", r"[\w-]{20,}"),
    ("lin_api_", r"\w{20,}"),
    ("ntn_", r"\w{30,}"),
    ("atatt3x", r"[\w=-]{30,}"),  # Atlassian
    ("akc", r"[A-Za-z0-9]{10,}"),  # Artifactory
    ("sntrys_", r"[\w+/=]{30,}"),
    ("age-secret-key-1", r"[0-9A-Z]{20,}"),
    ("accountkey=", r"[\w+/=]{40,}"),  # Azure
    ("sharedaccesskey=", r"[\w+/=]{40,}"),
)
_PREFIXES_IN_CAPITALS = {
    **{prefix: prefix.upper() for prefix in ("akia", "asia", "abia", "acca", "sg.", "gocspx-")},
    "aiza": "AIza",
    "atatt3x": "ATATT3x",
    "akc": "AKC",
    "gr1348941": "GR1348941",
    **{name: name.upper() for name in ("a3t", "agpa", "aida", "aipa", "anpa", "anva", "aroa")},
    "age-secret-key-1": "AGE-SECRET-KEY-1",
    "accountkey=": "AccountKey=",
    "sharedaccesskey=": "SharedAccessKey=",
}
_KEY_PATTERN = "|".join(
    re.escape(_PREFIXES_IN_CAPITALS.get(prefix, prefix)) + rest for prefix, rest in _KEYS
)

# Names of fields with a secret value, at any position in an identifier.
_FIELDS = (
    r"(?:password|(?<=[_-])pass|passwd|passphrase|passwort|kennwort|contraseña|pwd|secret|credential"
    r"|(?:api|access|account|auth|private|encryption|signing|subscription)[_-]?key)"
)
_TAIL = r"(?:[_-]?(?:access[_-]?)?(?:key|value|text|token|[0-9]{1,2})|s)?"
_FIELD_HINTS = (
    *("pass", "kennwort", "contraseña", "pwd", "secret", "credential"),
    # Before "key", each of these: looked for only where the text has it at all.
    (
        "key",
        ("api", "access", "account", "auth", "private", "encryption", "signing", "subscription"),
    ),
)
_IS = r"\\{0,7}[\"'`]?\]?\s{0,3}(?:=>|:=|[:=])\s{0,3}"  # also between JSON in JSON
_QUOTED = (
    r"(?P<quote>\\{0,7}[\"'`])(?P<value>(?!(?P=quote)|\[[A-Z_]+_\d+\])[^\n]"
    r"(?:(?!(?P=quote))[^\n]){3,199})(?P=quote)"
)
_BARE = (
    r"(?P<value>(?![\[\"'`\\])(?:[^\s\"'`,;&<>\\{}]|,(?=[^\s,=:]{1,60}(?:[\s\"';&<,]|$))){5,200})"
)
_TOKEN = r"(?:token|jeton)"  # a count of tokens is none: it is digits, or the name goes on
_TOKEN_VALUE = r"(?P<value>(?=[\w.~+/=-]{0,60}\d)(?=[\w.~+/=-]{0,60}[A-Za-z])[\w.~+/=-]{8,500})"

_AT = r"(?:[@＠﹫]|%40|&#0{0,3}64;|&#x0{0,3}40;|&commat;|\\{1,7}(?:u0040|x40)|\s?[(\[]at[)\]]\s?)"
_ARMOUR = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

# Order matters: the longest and surest first.
DEFAULT_MASKS: tuple[Mask, ...] = (
    Mask(
        "PRIVATE_KEY",
        rf"-----BEGIN {_ARMOUR}(?:(?:[^-]|-(?!----(?:BEGIN|END) ))*+-----END {_ARMOUR}"
        # Cut off: what still looks like its lines.
        r"|(?:\s|\\{1,7}[nr]|[A-Za-z0-9+/=]{20,}+|[A-Z][A-Za-z-]{1,30}: [^\n\\]{0,200})*+"
        r"[A-Za-z0-9+/=]*+)",
        hints=("-----begin",),
        anchored=True,
    ),
    Mask(
        "TOKEN",
        r"(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){1,3}",
        hints=("eyj",),
        anchored=True,
        word=20,
    ),
    Mask(
        "KEY",
        rf"(?<![A-Za-z0-9])(?:{_KEY_PATTERN})",
        hints=tuple(prefix for prefix, _ in _KEYS),
        anchored=True,
        word=14,
    ),
    Mask(  # Twilio
        "KEY",
        r"[AS][CK](?<![A-Za-z0-9](?:SK|AC))(?=[a-z]{0,31}\d)[0-9a-z]{32}(?![A-Za-z0-9])",
        word=34,
        digits=1,
    ),
    Mask(  # Discord
        "KEY",
        r"(?<![\w.-])[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27}(?![\w.-])",
        word=57,
    ),
    Mask(  # AWS, without its name beside it
        "KEY",
        r"(?<![\w+/=.-])[A-Za-z0-9+/]{40}(?![\w+/=-])",
        check=access_key,
        digits=1,
        word=40,
    ),
    Mask("KEY", r"(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])", word=44, digits=8),  # Telegram
    Mask("KEY", r"(?<![\w])[0-9a-z]{32}-us\d{1,2}(?!\w)", hints=("-us",), word=36),  # Mailchimp
    Mask(
        "KEY",
        r"(?<![A-Za-z0-9])(?:bearer|basic)(?:\s|%20|\+){1,3}"
        r"(?P<value>(?=[\w+/.=~%-]{0,200}[\d+/=_])[\w+/.=~%-]{16,}|[\w+/.=~%-]{21,})",
        hints=("bearer", "basic"),
        flags=re.IGNORECASE,
        anchored=True,
    ),
    Mask(
        "KEY",
        rf"authorization{_IS}\\{{0,7}}[\"'`]?(?:(?:bearer|basic|token|apikey|digest)\s{{1,3}})?"
        r"(?P<value>(?!\[|bearer\b|basic\b|token\b|digest\b)[\w+/.=~-]{6,})",
        hints=("authorization",),
        flags=re.IGNORECASE,
        anchored=True,
        needs=":=",
    ),
    Mask(
        "PASSWORD",
        r"://[^\s/:@]{0,100}:(?P<value>(?!\[PASSWORD_\d+\]@)[^\s/]{1,200})@(?=[\w\[])",
        hints=("://",),
        anchored=True,
    ),
    Mask(
        "PASSWORD", rf"{_FIELDS}{_TAIL}{_IS}{_QUOTED}", None, _FIELD_HINTS, re.I, True, needs=":="
    ),
    Mask("PASSWORD", rf"{_FIELDS}{_TAIL}{_IS}{_BARE}", None, _FIELD_HINTS, re.I, True, needs=":="),
    Mask(
        "PASSWORD",
        rf"{_FIELDS}{_TAIL}\s{{1,3}}(?:is|was|ist|lautet)\s{{1,3}}[\"'`]?"
        r"(?P<value>(?=[^\s\"'`]{0,60}\d)[^\s\"'`]{5,200}(?<![.,;!?]))",
        None,
        _FIELD_HINTS,
        re.IGNORECASE,
        anchored=True,
        digits=1,
    ),
    Mask(
        "PASSWORD",
        rf"<(?:[\w.-]{{0,40}}:)?[\w.-]{{0,40}}?(?:{_FIELDS}|token){_TAIL}>\s{{0,9}}"
        r"(?P<value>(?!\[)[^<\s][^<]{2,200})</",
        hints=("<",),
        flags=re.IGNORECASE,
        anchored=True,
    ),
    Mask(
        "PASSWORD",
        rf"{_TOKEN}{_IS}\\{{0,7}}[\"'`]?{_TOKEN_VALUE}",
        hints=("token", "jeton"),
        flags=re.IGNORECASE,
        anchored=True,
        needs=":=",
    ),
    Mask(
        "PASSWORD",
        rf"cookie{_IS}\\{{0,7}}[\"'`]?(?P<value>(?!\[)[^\s\"'`\\=]{{1,100}}=[^\s\"'`\\]{{6,500}}"
        r"(?:; ?[^\s\"'`\\;]{1,500}){0,50})",
        hints=("cookie",),
        flags=re.IGNORECASE,
        anchored=True,
        needs=":=",
    ),
    Mask(
        "EMAIL",
        r"(?:\"[^\"\n]{1,64}\"|(?<![\w.+'-])(?:[\w.+'-]|%(?!40))++)"
        rf"{_AT}[\u200b-\u200d\u2060\ufeff]?"
        r"(?:(?:[^\W_][\w-]{0,62}\.){1,8}(?:xn--[\w-]{2,59}|[^\W\d_]{2,24})|localhost\b"
        r"|\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-f:.]{2,45})\])",
        hints=(
            *("@", "＠", "﹫", "at)", "at]"),
            ("%", ("%40",)),
            ("&", ("&#", "&commat;")),
            ("\\", ("\\u0040", "\\x40")),
        ),
        flags=re.IGNORECASE,
        before=r"[\w\"'.+\-(\[\\%]",
    ),
    Mask(
        "IBAN",
        _iban_pattern(),
        check=iban,
        digits=4,
        code=True,
        flags=re.IGNORECASE,
        probe=rf"\d(?<=[A-Za-z]{{2}}\d)\d(?:{_GAP}?[A-Za-z0-9]){{11}}",
    ),
    Mask(
        "PHONE",
        r"(?:(?<![\w+])[+＋]|%2B)[1-9](?:[\s\u200b().\-/\u2010-\u2015]{0,3}\d){6,14}(?!\w)",
        hints=("+", "＋", ("%", ("%2b",))),
        flags=re.IGNORECASE,
        anchored=True,
    ),
    Mask(
        "CARD",
        r"\d(?<![01789])(?<!\d\d)(?<!\d[.,]\d)(?<![0-9a-fA-F]{4}\d)\d{3}"
        rf"(?:\d{{9,15}}|({_GAP})\d{{4}}\1\d{{4}}\1\d{{1,7}}|{_GAP}\d{{6}}{_GAP}\d{{4,5}})"
        r"(?!\d)(?![.,]\d)(?![0-9a-fA-F]{4})",
        check=card,
        digits=13,
        run=13,
    ),
    Mask(
        "CARD",  # sixteen digits in fours, whatever the network; in pairs
        rf"(?<![\w.,-])(?:\d{{4}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}"
        r"|[2-6]\d([ -])\d\d(?:\2\d\d){6}(?!\2\d))(?![\w-])(?![.,]\d)(?<!\d[ -]\d{19})",
        check=luhn,
        digits=16,
        run=16,
    ),
    Mask(
        "SSN",
        r"\d{3}([-. \u2010-\u2015])\d{2}\1\d{4}(?![\w-])(?![ .,]\d)"
        r"(?<![\w-]\d{3}.\d\d.\d{4})(?<!\d[ .,]\d{3}.\d\d.\d{4})",
        check=ssn,
        digits=9,
        run=9,
    ),
    Mask(
        "SSN",
        r"(?:ssn|social security)[^\d\n]{0,30}(?P<value>\d{3}\s?\d{2}\s?\d{4})(?!\d)",
        hints=("ssn", "social security"),
        flags=re.IGNORECASE,
        anchored=True,
    ),
    Mask(
        "PHONE",
        r"(?<![\w.,+-])00[1-9]\d{0,2}[\s().\-/\u2010-\u2015]{1,3}\d"
        r"(?:[\s().\-/\u2010-\u2015]{0,3}\d){5,12}(?!\w)",
        hints=("00",),
        anchored=True,
        digits=8,
        run=8,
    ),
    Mask(
        "PHONE",  # national, as most of the world writes it: 030 1234567, (0171) 234 56 78
        r"(?<![\w.,+/:-])(?<!\d )(?:\(0[1-9]\d{1,4}\)|0[1-9]\d{1,4})[ /\u00a0-]{1,3}[1-9]\d{2,8}"
        r"(?:[ \u00a0-]\d{2,6}){0,3}(?![\w-])(?![ .,]\d)",
        check=national_phone,
        digits=9,
        run=9,
    ),
    Mask(
        "PHONE",  # in pairs: 01 23 45 67 89
        r"(?<![\w.,+/:-])(?<!\d )0[1-9](?:([ .\u00a0-])\d\d)(?:\1\d\d){3}(?![\w-])(?![ .,-]\d)",
        digits=10,
        run=10,
    ),
    Mask(
        "PHONE",  # North America: (415) 555-2671, 415-555-2671, 415.555.2671
        r"[(2-9](?<![\w.+-].)(?:(?<=\()[2-9]\d{2}\)\s?[2-9]\d{2}[\s.\-\u2010-\u2015]"
        r"|(?<=\d)\d{2}([.\-\u2010-\u2015])[2-9]\d{2}\1)\d{4}(?![\w-])",
        digits=10,
        run=10,
    ),
)
