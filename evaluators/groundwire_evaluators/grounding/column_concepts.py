"""Concepts of table columns ("price", "stock") by words of headings and questions.

Seven languages. A word may name several concepts ("long": length, duration). A concept has the
dimension that its values have: money, mass, length, percent, a count.
"""
# ruff: noqa: E501  (tables of words)

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from groundwire_evaluators.grounding.field_names import words_and_units_of
from groundwire_evaluators.text.tokens import fold, keys
from groundwire_evaluators.text.units import MONEY, unit
from groundwire_evaluators.text.words import Language


class Concept(NamedTuple):
    """Concept of a column and the dimension of its values, if any."""

    name: str
    dimension: str


_TABLE = {
    Concept("price", "money"): "price prices priced cost costs costing fee fees rate charged tariff amount fare rent expensive cheap pay paid "
    "preis preise kosten kostet kostete gebühr gebühren miete teuer zahlen bezahlen betrag prix coûte coûtent coûter coût tarif loyer payer frais montant "
    "precio precios cuesta cuestan costar coste costo tarifa alquiler pagar vale importe prezzo prezzi costa costano tariffa affitto pagare importo "
    "preço preços custa custam custo tarifa aluguel montante prijs bedrag kost tarief huur betalen",
    Concept("salary", "money"): "salary wage wages earn earns pay gehalt lohn verdient salaire gagne salario sueldo gana stipendio guadagna salário ganha salaris loon verdient",
    Concept("deposit", "money"): "deposit bail kaution anzahlung caution acompte fianza depósito cauzione caparra caução borg aanbetaling",
    Concept("delivery", "money"): "delivery shipping postage versand versandkosten lieferung livraison envío entrega spedizione consegna verzending bezorging",
    Concept("revenue", "money"): "revenue turnover sales umsatz chiffre ingresos facturación ricavi fatturato receita faturamento omzet",
    Concept("budget", "money"): "budget presupuesto bilancio orçamento",
    Concept("fine", "money"): "fine penalty bußgeld strafe amende multa boete",
    Concept("stock", "count"): "stock stocked inventory available availability remaining left quantity qty unit units bestand lager vorrat vorrätig verfügbar stück stückzahl menge anzahl "
    "disponible disponibles quantité existencias cantidad unidades giacenza disponibile disponibili quantità scorte magazzino estoque disponível disponíveis quantidade voorraad beschikbaar aantal",
    Concept("orders", "count"): "order orders ordered bestellung bestellungen commande commandes pedido pedidos ordine ordini encomenda encomendas bestelling bestellingen",
    Concept("seats", "count"): "seat seats seating capacity platz plätze sitze sitzplätze kapazität place places capacité plaza plazas asiento asientos capacidad posti capienza capacità lugares assentos capacidade plaatsen zitplaatsen capaciteit",
    Concept("beds", "count"): "bed beds bett betten lit lits cama camas letto letti bedden",
    Concept("rooms", "count"): "room rooms bedroom bedrooms zimmer räume chambre chambres pièces habitación habitaciones cuartos camera camere stanze quarto quartos kamer kamers",
    Concept("guests", "count"): "guest guests sleeps gäste invités huéspedes ospiti hóspedes gasten",
    Concept("employees", "count"): "employee employees staff workers headcount mitarbeiter angestellte beschäftigte employés salariés empleados dipendenti funcionários empregados werknemers medewerkers",
    Concept("members", "count"): "member members mitglied mitglieder membre membres miembro miembros membro membri leden",
    Concept("population", "count"): "population inhabitants residents einwohner bevölkerung einwohnerzahl habitants población habitantes popolazione abitanti população inwoners bevolking",
    Concept("pages", "count"): "page pages seiten seitenzahl página páginas pagine pagina's",
    Concept("floors", "count"): "floor floors storey storeys stockwerke etagen étages pisos plantas piani andares verdiepingen",
    Concept("visitors", "count"): "visitor visitors besucher visiteurs visitantes visitatori bezoekers",
    Concept("weight", "mass"): "weight weigh weighs weighed heavy mass gewicht wiegt wiegen schwer masse poids pèse pèsent peser lourd peso pesa pesan pesar pesado pesano pesante pesam weegt wegen zwaar",
    Concept("height", "length"): "height high tall altitude elevation höhe hoch groß hauteur haut haute altura alto alta altezza hoogte hoog",
    Concept("width", "length"): "width wide broad breite breit largeur large ancho ancha anchura larghezza largo larga largura breedte breed",
    Concept("length", "length"): "length long länge lang longueur longue longitud largo larga lunghezza lungo lunga comprimento comprido lengte",
    Concept("depth", "length"): "depth deep tiefe tief profondeur profond profonde profundidad profundo profunda profondità profondo profondidade profundidade diepte diep",
    Concept("distance", "length"): "distance far entfernung entfernt weit loin distancia lejos distanza lontano dista distância longe afstand ver",
    Concept("area", "area"): "area size surface fläche größe superficie surface tamaño superfície área oppervlakte grootte groß",
    Concept("duration", "duration"): "duration long length last lasts take takes minutes mins hours days dauer dauert lange lang fahrzeit durée dure durer durent duración dura duran tarda tiempo durata durano tempo duração demora duur duurt",
    Concept("warranty", "duration"): "warranty guarantee guaranteed garantie garantía garanzia garantia",
    Concept("age", "duration"): "age old alter alt âge ans edad años età anni idade anos leeftijd oud",
    Concept("temperature", "temperature"): "temperature hot warm cold temperatur heiß température chaud temperatura calor calda temperatuur",
    Concept("speed", "speed"): "speed fast geschwindigkeit schnell vitesse vite velocidad rápido velocità veloce velocidade snelheid snel",
    Concept("power", "power"): "power watt watts wattage leistung puissance potencia potenza potência vermogen",
    Concept("storage", "data"): "storage memory ram disk speicher speicherplatz stockage mémoire almacenamiento memoria archiviazione armazenamento memória opslag geheugen",
    Concept("rating", "rating"): "rating rated stars score bewertung sterne note étoiles valoración puntuación estrellas valutazione stelle voto avaliação estrelas classificação beoordeling sterren",
    Concept("reviews", "count"): "review reviews rezensionen bewertungen avis reseñas recensioni avaliações recensies",
    Concept("discount", "percent"): "discount rebate reduction rabatt nachlass remise réduction rabais descuento rebaja sconto desconto korting",
    Concept("tax", "percent"): "tax vat duty steuer mehrwertsteuer mwst tva taxe impôt iva impuesto imposta imposto btw belasting",
    Concept("interest", "percent"): "interest zins zinsen zinssatz intérêt interés interesse juros rente",
    Concept("share", "percent"): "share percentage percent anteil prozent prozentsatz part pourcentage porcentaje parte percentuale porcentagem percentagem aandeel percentage",
    Concept("start", "date"): "start starts begin begins opens opening from beginn beginnt öffnet anfang début commence ouvre inicio empieza comienza abre inizio inizia apre início começa abre aanvang opent",
    Concept("end", "date"): "end ends close closes closing until expires expiry ende endet schließt fin termine ferme fin termina cierra caduca fine finisce chiude scade fim fecha einde eindigt sluit",
    Concept("birth", ""): "born birth birthday birthplace birthdate geboren geburt geburtsdatum geburtsort geburtsjahr né née naissance nacido nació nacimiento nato nata nascita nascido nasceu nascimento geboorte geboortedatum geboorteplaats geboortejaar",
    Concept("death", "date"): "died death gestorben starb tod todesjahr mort décès murió muerte fallecimiento morto morte morreu morte overleden stierf",
    Concept("founded", "date"): "founded established foundation founding gegründet gründung fondé fondée fondation fundado fundada fundación fondato fondata fondazione fundação opgericht oprichting",
    Concept("built", "date"): "built construction gebaut erbaut baujahr construit construction construido construida construcción costruito costruzione construído construção gebouwd bouwjaar",
    Concept("released", "date"): "released release published publication publishing erschienen veröffentlicht erscheinungsjahr paru publié publication publicado publicación pubblicato pubblicazione publicação verschenen uitgegeven",
    Concept("due", "date"): "due deadline payable fällig frist échéance vencimiento scadenza vencimento vervaldatum",
    Concept("city", "place"): "city town live lives residence stadt ort wohnt wohnort ville habite ciudad vive città abita cidade mora stad woont woonplaats",
    Concept("country", "place"): "country nation land pays país paese",
    Concept("address", "place"): "address street adresse straße rue dirección calle indirizzo endereço rua adres straat",
    Concept("venue", "place"): "location venue place located held standort veranstaltungsort steht lieu emplacement ubicación lugar luogo posizione local localização locatie plaats",
    Concept("capital", "place"): "capital hauptstadt capitale hoofdstad",
    Concept("origin", "place"): "origin originates stammt herkunft origine procedencia origen provenienza origem herkomst",
    Concept("author", "person"): "author wrote written writer autor autorin schrieb geschrieben verfasser auteur autrice écrit autore scritto scrisse escrito escribió autora escreveu schrijver schreef geschreven",
    Concept("editor", "person"): "editor edited herausgeber éditeur editore redattore organizador redacteur",
    Concept("translator", "person"): "translator translated übersetzer übersetzt traducteur traduit traductor traducido traduttore tradotto tradutor traduzido vertaler vertaald",
    Concept("director", "person"): "director directed regisseur regie réalisateur réalisé dirigido diretto regista dirigiu geregisseerd",
    Concept("manager", "person"): "manager manages managed leads leiter leiterin leitet responsable gère dirige gerente responsabile gestisce leidt leidinggevende",
    Concept("owner", "person"): "owner owns owned inhaber eigentümer besitzer gehört propriétaire possède propietario dueño posee proprietario possiede proprietário possui eigenaar bezit",
    Concept("founder", "person"): "founder gründer fondateur fundador fondatore oprichter",
    Concept("teacher", "person"): "teacher teaches taught trainer instructor lehrer lehrerin kursleiter professeur enseignant enseigne profesor profesora enseña insegnante docente insegna professor professora ensina leraar docent",
    Concept("mayor", "person"): "mayor bürgermeister bürgermeisterin maire alcalde alcaldesa sindaco prefeito burgemeester",
    Concept("maker", "name"): "maker manufacturer brand make made makes producer produced vendor supplier company hersteller marke lieferant fabricant marque fournisseur fabricante marca proveedor produttore fornitore fornecedor fabrikant merk leverancier",
    Concept("employer", "name"): "employer employed work works arbeitgeber arbeitet employeur travaille empleador trabaja datore lavora empregador trabalha werkgever werkt",
    Concept("color", "word"): "color colour coloured farbe couleur colore cor kleur",
    Concept("material", "word"): "material fabric matière matériau materiale materiaal",
    Concept("language", "word"): "language spoken sprache gesprochen langue idioma lengua lingua língua taal",
    Concept("phone", "code"): "phone telephone call telefon telefonnummer anrufen téléphone appeler teléfono llamar telefono chiamare telefone ligar telefoon bellen",
    Concept("email", "code"): "email mail courriel correo e-mail",
    Concept("year", "date"): "year jahr année año anno ano jaar",
    Concept("date", "date"): "date datum fecha data",
    Concept("hour", "date"): "time hour clock uhrzeit uhr heure hora ora tijd",
}  # fmt: skip
# Questions for any column of a dimension, where no other word names one.
_OPEN = {
    "date": "when wann quand cuándo cuando quando wanneer",
    "place": "where wo où dónde donde dove onde waar",
    "person": "who whom wer wen qui quién quien chi quem wie",
}
_FEWEST_LETTERS = 5  # of a word at the end of a German or Dutch compound
_COMPOUNDED = frozenset(("de", "nl"))
# Words that ask and name no column; some share a stem with one ("quanto", "quantité").
ASKING = frozenset(
    fold(word)
    for word in "how many much which what combien quel quelle quels quelles cuánto cuánta cuántos "
    "cuántas quanto quanta quanti quante quantos quantas wieviel wie viel viele hoeveel".split()
)
_SHORTEST_STEM = 5  # by which a word of another form is known
# Words of a heading that name nothing by themselves.
GENERIC = frozenset("name title id number type value item product no nr in per of the".split())


@cache
def _concepts(stemmer: str) -> dict[str, frozenset[Concept]]:
    """Concepts by folded word and by key of the language and of English."""
    found: dict[str, set[Concept]] = {}
    for concept, words in _TABLE.items():
        for word in words.split():
            stem = keys(stemmer)[word]
            for form in {fold(word), stem if len(stem) >= _SHORTEST_STEM else fold(word)}:
                found.setdefault(form, set()).add(concept)
    return {form: frozenset(concepts) for form, concepts in found.items()}


def concepts_of(words: Iterable[str], language: Language) -> frozenset[Concept]:
    """The concepts that words name."""
    table = _concepts(language.stemmer)
    key = keys(language.stemmer)
    return frozenset(concept for word in words for concept in _of_word(word, key[word], table))


def _of_word(word: str, key: str, table: dict[str, frozenset[Concept]]) -> frozenset[Concept]:
    folded = fold(word)
    if folded in ASKING:
        return frozenset()
    return table.get(folded) or table.get(key) or frozenset()


def concepts_of_heading(heading: str, language: Language) -> frozenset[Concept]:
    """The concepts of a heading, also by parts of a compound ("Verkaufspreis")."""
    table, words = _concepts(language.stemmer), words_and_units_of(heading)
    found = concepts_of(words, language)
    if found or language.code not in _COMPOUNDED:
        return found
    return frozenset(concept for word in words for concept in _of_compound(fold(word), table))


def _of_compound(word: str, table: dict[str, frozenset[Concept]]) -> frozenset[Concept]:
    """The concepts of the longest known word at the start and at the end of a compound."""
    cuts = range(_FEWEST_LETTERS, len(word) - 1)
    first = (word[:cut] for cut in reversed(cuts))
    last = (word[-cut:] for cut in reversed(cuts))
    found = (
        next((table[part] for part in parts if part in table), None) for parts in (first, last)
    )
    return frozenset(concept for concepts in found for concept in concepts or ())


@cache
def _openers() -> dict[str, str]:
    return {fold(w): dimension for dimension, words in _OPEN.items() for w in words.split()}


def open_dimension(words: Iterable[str]) -> str | None:
    """The dimension that a question word asks for ("when": date); None if it is no such word."""
    table = _openers()
    return next((table[word] for w in words if (word := fold(w)) in table), None)


def unit_of_heading(heading: str, language: Language) -> str:
    """The unit that a heading holds, as written ("weight_kg": "kg"); "" if there is none."""
    for part in reversed(words_and_units_of(heading)):
        if part in "€$£%" or (len(part) > 1 and unit(part.lower(), language.code)):
            return part
    return ""


def dimension_of_unit(unit_name: str | None) -> str:
    """The dimension of a quantity's unit, as concepts have it; "" of a bare number."""
    if unit_name is None:
        return ""
    if unit_name in MONEY:
        return "money"
    if unit_name in ("celsius", "fahrenheit"):
        return "temperature"
    return "duration" if unit_name in ("calendar", "workday") else unit_name
