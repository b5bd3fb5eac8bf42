"""Words: how text is cut into tokens and folded, the same for tagging, indexing and reading queries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

_TOKEN = re.compile(r"[^\W_]+(?:['’ʼ`´][^\W_]+)*")
_APOSTROPHES = re.compile("['’ʼ`´]")
_english = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """A word where it stands in a text."""

    text: str
    start: int
    end: int
    word: str
    """Folded: lower case, no apostrophes or accents, no possessive 's ("Partner's" -> "partner")."""
    stem: str
    """Folded, spelt the American way, and stemmed (Snowball English)."""


def tokenize(text: str) -> Iterator[Token]:
    """The words of `text` in order; hyphens and all other punctuation separate words."""
    for match in _TOKEN.finditer(text):
        word = fold_word(match.group())
        if word:
            yield Token(match.group(), match.start(), match.end(), word, stem(word))


@lru_cache(maxsize=16384)
def fold_word(word: str) -> str:
    """One token folded: NFKC, lower case, accents and apostrophes removed, possessive dropped."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    folded = _APOSTROPHES.sub("'", folded)
    if folded.endswith("'s"):
        folded = folded[:-2]
    folded = folded.replace("'", "")
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFD", folded)
        folded = "".join(character for character in decomposed if not unicodedata.combining(character))
    return folded


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a folded word. British and American spellings share one, so do the forms of a strong verb."""
    kept_apart = _KEPT_APART.get(word)
    if kept_apart is not None:
        return kept_apart
    american = american_spelling(_IRREGULAR.get(word, word))
    stemmed: str = _english.stemWord(american)
    return stemmed


# Forms that no suffix rule leads back to their base. Left out are forms that are as often another word:
# "left", "saw", "found", "ground", "wound", "bore", "rose", "bit"; and "worn", for "worn out" is tired but to
# wear out is not.
_IRREGULAR: dict[str, str] = {
    form: base
    for base, forms in {
        "become": "became",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "burn": "burnt",
        "catch": "caught",
        "child": "children childrens",
        "choose": "chose chosen",
        "come": "came",
        "deal": "dealt",
        "dream": "dreamt",
        "drink": "drank drunk",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "feel": "felt",
        "fight": "fought",
        "flee": "fled",
        "forget": "forgot forgotten",
        "freeze": "froze frozen",
        "give": "gave given",
        "go": "went gone",
        "grow": "grew grown",
        "hear": "heard",
        "hide": "hid hidden",
        "hold": "held",
        "keep": "kept",
        "know": "knew known",
        "lose": "lost",
        "make": "made",
        "man": "men mens",
        "mean": "meant",
        "pay": "paid",
        "say": "said",
        "see": "seen",
        "seek": "sought",
        "send": "sent",
        "shake": "shook shaken",
        "sink": "sank sunk",
        "sleep": "slept",
        "speak": "spoke spoken",
        "stand": "stood",
        "swear": "swore sworn",
        "sweep": "swept",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "throw": "threw thrown",
        "understand": "understood",
        "wake": "woke woken",
        "weep": "wept",
        "withdraw": "withdrew withdrawn",
        "woman": "women womens",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}

# Words that Snowball throws together with a stranger: "mindfulness" with "mind", "medication" with "medical",
# "loneliness" apart from "lonely", "meaning" with "means".
_KEPT_APART: dict[str, str] = {
    form: stemmed
    for stemmed, forms in {
        "mindful": "mindful mindfully mindfulness",
        "medicat": "medication medications medicate medicated medicating",
        "lonely": "lonely lonelier loneliest loneliness",
        "meaning": "meaning meanings meaningful meaningfully meaningless meaninglessness",
        "thought": "thought thoughts",
        "general": "general generally",
        "emergenc": "emergency emergencies",
        "organ": "organ organs",
        "universit": "university universities",
    }.items()
    for form in forms.split()
}


# Applied alike to texts, labels and queries, so a rule that also touches a word it was not made for
# ("exercise" -> "exercize") does no harm: both sides change together.
_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\w\w\w)is(?=(?:e[drs]?|ing|ations?|ers?)$)"), "iz"),
    (re.compile(r"(?<=\w\w)lys(?=(?:e[drs]?|ing)$)"), "lyz"),
    (re.compile(r"(?<=\w\w\w)our(?=(?:s|ed|ing|al|ally|ite|ites|able|ful|hood|less|er|ers|ist)?$)"), "or"),
    (re.compile(r"(?<=\w\w\w)ll(?=(?:ing|ed|or|ors|er|ers)$)"), "l"),
    (re.compile(r"(?<=\w\w)ogue(?=s?$)"), "og"),
    (re.compile(r"(?<=\w\w)tre(?=s?$)"), "ter"),
    (re.compile(r"(?<=\w\w)ence(?=s?$)"), "ense"),
    (re.compile(r"(?<=\w)ae(?=[dmnst])"), "e"),
    (re.compile(r"(?<=\w)oe(?=[dm]|tal|tus|a$)"), "e"),
    (re.compile(r"^grey"), "gray"),
    (re.compile(r"^mum(?=s|my|mies|$)"), "mom"),
    (re.compile(r"^practis"), "practic"),
    (re.compile(r"^programme(?=s?$)"), "program"),
)


def american_spelling(word: str) -> str:
    """A folded word in American spelling ("traumatised" -> "traumatized"); an internal form, not for showing."""
    if len(word) < 4:
        return word
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    return word


STOP_WORDS = frozenset(
    """a about above after again all also am an and any are arent as at be because been before being below between
    both but by can cannot cant could couldnt did didnt do does doesnt doing dont down during each either else ever
    every few for from further get gets getting got had hadnt has hasnt have havent having he her here hers herself
    hes him himself his how however i id if ill im in into is isnt it itll its itself ive just let like me might
    mightnt more most much must mustnt my myself no nor not now of off on once one only or other our ours ourselves
    out over own per quite rather really same shall shant she shes should shouldnt so some somehow still such than
    that thats the their theirs them themselves then there theres these they theyd theyll theyre theyve this those
    through to too under until up upon us very was wasnt we wed well were werent weve what whats when where which
    while who whom whos whose why will with within without wont would wouldnt yes yet you youd youll your youre
    yours yourself yourselves youve""".split()
)
"""Words that carry no content of their own (folded forms); phrases and labels still see them."""
