"""Names of months and weekdays in seven languages."""

from groundwire_evaluators.text.tokens import fold

_MONTHS = {
    "en": "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,"
    "september sept sep,october oct,november nov,december dec",
    "de": "januar jänner jan,februar feb,märz maerz mrz,april apr,mai,juni jun,juli jul,"
    "august aug,september sept sep,oktober okt,november nov,dezember dez",
    "fr": "janvier janv,février févr fév,mars,avril avr,mai,juin,juillet juil,août,"
    "septembre sept,octobre oct,novembre nov,décembre déc",
    "es": "enero ene,febrero feb,marzo mar,abril abr,mayo may,junio jun,julio jul,agosto ago,"
    "septiembre setiembre sept sep,octubre oct,noviembre nov,diciembre dic",
    "it": "gennaio genn gen,febbraio feb,marzo mar,aprile apr,maggio mag,giugno giu,luglio lug,"
    "agosto ago,settembre sett set,ottobre ott,novembre nov,dicembre dic",
    "pt": "janeiro jan,fevereiro fev,março mar,abril abr,maio mai,junho jun,julho jul,agosto ago,"
    "setembro set,outubro out,novembro nov,dezembro dez",
    "nl": "januari jan,februari feb,maart mrt,april apr,mei,juni jun,juli jul,augustus aug,"
    "september sept sep,oktober okt,november nov,december dec",
}
_WEEKDAYS = {
    "en": "monday mondays,tuesday tuesdays,wednesday wednesdays,thursday thursdays,"
    "friday fridays,saturday saturdays,sunday sundays",
    "de": "montag montags montagen,dienstag dienstags dienstagen,mittwoch mittwochs mittwochen,"
    "donnerstag donnerstags donnerstagen,freitag freitags freitagen,"
    "samstag samstags samstagen sonnabend sonnabends,sonntag sonntags sonntagen",
    "fr": "lundi lundis,mardi mardis,mercredi mercredis,jeudi jeudis,vendredi vendredis,"
    "samedi samedis,dimanche dimanches",
    "es": "lunes,martes,miércoles,jueves,viernes,sábado sábados,domingo domingos",
    "it": "lunedì,martedì,mercoledì,giovedì,venerdì,sabato sabati,domenica domeniche",
    "pt": "segunda-feira,terça-feira,quarta-feira,quinta-feira,sexta-feira,sábado sábados,"
    "domingo domingos",
    "nl": "maandag maandags,dinsdag dinsdags,woensdag woensdags,donderdag donderdags,"
    "vrijdag vrijdags,zaterdag zaterdags,zondag zondags",
}
# Short forms are days only beside another day, a dash or a time: "Mon–Fri", "Sa 9–12 Uhr".
_SHORT_DAYS = {
    "en": "mon,tue tues,wed weds,thu thur thurs,fri,sat,sun",
    "de": "mo,di,mi,do,fr,sa,so",
    "fr": "lun,mar,mer,jeu,ven,sam,dim",
    "es": "lun,mar,mié,jue,vie,sáb,dom",
    "it": "lun,mar,mer,gio,ven,sab,dom",
    "pt": "seg,ter,qua,qui,sex,sáb,dom",
    "nl": "ma,di,wo,do,vr,za,zo",
}
# Months that are also everyday words: read only beside a day or a year.
UNSURE_MONTHS = frozenset("may march mar out set ago gen mag".split())


def _numbered(table: str, first: int) -> dict[str, int]:
    found = {}
    for number, words in enumerate(table.split(","), start=first):
        for word in words.split():
            found[word] = found[fold(word)] = number
    return found


MONTHS = {language: _numbered(table, 1) for language, table in _MONTHS.items()}
SHORT_MONTHS = frozenset(
    word for table in _MONTHS.values() for words in table.split(",") for word in words.split()[1:]
)
WEEKDAYS = {language: _numbered(table, 0) for language, table in _WEEKDAYS.items()}
# "segunda-feira" is two tokens; its first word alone is an ordinal.
WEEKDAYS["pt"] |= {word.removesuffix("-feira"): at for word, at in WEEKDAYS["pt"].items()}
SHORT_WEEKDAYS = {language: _numbered(table, 0) for language, table in _SHORT_DAYS.items()}
NO_NAMES = frozenset(
    fold(word) for tables in (MONTHS, WEEKDAYS) for table in tables.values() for word in table
)
