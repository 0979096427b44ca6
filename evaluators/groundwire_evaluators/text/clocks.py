"""Vocabulary of times of day in seven languages."""

NAMED = {
    "en": {"noon": 720.0, "midday": 720.0, "midnight": 0.0},
    "de": {"mitternacht": 0.0},
    "fr": {"midi": 720.0, "minuit": 0.0},
    "es": {"mediodía": 720.0, "medianoche": 0.0},
    "it": {"mezzogiorno": 720.0, "mezzanotte": 0.0},
    "pt": {"meio-dia": 720.0, "meia-noite": 0.0},
    "nl": {"middernacht": 0.0},
}
# Words after an hour that make it a time of day whatever stands before.
ALWAYS = {
    "en": frozenset(("o'clock", "o’clock")),
    "de": frozenset(("uhr",)),
    "fr": frozenset(("h",)),
    "es": frozenset(),
    "it": frozenset(),
    "pt": frozenset(("h",)),
    "nl": frozenset(),
}
# Words after an hour that do so only behind one of `AT`: "à 10 heures", but "dure 10 heures".
HOURS = {
    "en": frozenset(),
    "de": frozenset(),
    "fr": frozenset(("heure", "heures")),
    "es": frozenset(("h", "hora", "horas")),
    "it": frozenset(("h", "ore")),
    "pt": frozenset(("hora", "horas")),
    "nl": frozenset(("uur",)),
}
AT = {
    "en": frozenset(),
    "de": frozenset(),
    "fr": frozenset("à dès vers jusqu'à avant après".split()),
    "es": frozenset(("las", "la")),
    "it": frozenset("alle dalle ore le all' sino".split()),
    "pt": frozenset("às as das".split()),
    "nl": frozenset("om tot vanaf na voor vóór rond van".split()),
}
# Behind these a bare hour is a time of day: "a las 8".
BARE = {
    "es": frozenset(("las",)),
    "it": frozenset(("alle", "dalle", "ore")),
    "pt": frozenset(("às",)),
}
_HALVES = {
    "a": "am a.m,in the morning,morgens,vormittags,du matin,de la mañana,del mattino,di mattina,"
    "della mattina,da manhã,s ochtends,ochtends,s morgens",
    "p": "pm p.m,in the afternoon,in the evening,at night,nachmittags,abends,mittags,"
    "de l'après-midi,du soir,de la tarde,de la noche,del pomeriggio,di sera,della sera,"
    "da tarde,da noite,s middags,s avonds,middags,avonds",
}
HALVES: dict[str, list[tuple[tuple[str, ...], str]]] = {}
for _half, _phrases in _HALVES.items():
    for _phrase in _phrases.replace("am a.m", "am").replace("pm p.m", "pm").split(","):
        _words = tuple(_phrase.replace("-", " ").split())
        HALVES.setdefault(_words[0], []).append((_words, _half))
