"""Lines that a page carries around its text: bylines, navigation, cookie notices, site disclaimers."""

from __future__ import annotations

import re

from indexer.model import DropReason

# Each pattern is matched against a whole line of folded text and has bounded repetition only.
_NAME = r"(?:(?:Dr\.?|Prof\.?|[A-Z][\w.'’-]{0,30})[ ,]{1,2}){1,4}[A-Z][\w.'’-]{0,30}"
_DATE = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?,? "
    r"(?:\d{1,2}(?:st|nd|rd|th)?,? )?(?:19|20)\d\d(?:,? (?:at )?\d{1,2}:\d\d ?(?:[ap]\.?m\.?)?)?|"
    r"\d{4}-\d\d-\d\d(?:T[\d:.+Z-]{1,20})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
)

_BYLINE_WORDS = 14
"""A byline is short; "Source: …" with a whole sentence after it is content."""
_BYLINE = re.compile(
    r"(?:"
    r"(?:authors?|source|editor|reviewer|credit|photo(?:graph)?(?: credit)?|image(?: credit| source)?|"
    r"illustration)s? ?: .+|"
    r"(?:(?:medically|clinically|expert|fact|expertly)[ -])?(?:written|reviewed|checked|edited|authored|verified)"
    r"(?: and (?:written|reviewed|checked|edited|verified))?"
    r"(?: for accuracy)? (?:by|on):? .+|"
    r"(?:photo|image|illustration|video)s? (?:by|via|from|courtesy of) .+|.{0,60}\b(?:getty images|"
    r"shutterstock|unsplash|istock)\b.{0,30}|"
    r"(?:first |originally )?(?:published|posted|updated|created|modified)(?: (?:on|at|in|by|date))?:? .*\d.*|"
    r"(?:last|date|latest) (?:updated?|reviewed|modified|edited|published|medical review)(?: (?:on|by))?:? .+|"
    r"(?:next|medical) review(?: due| date)?:? .*\d.*|"
    rf"(?:on )?(?:{_DATE})|"
    r"(?:about |estimated )?(?:reading time:? ?)?\d{1,3}[ -]?min(?:ute)?s?(?: read(?:ing time)?)?|"
    r"reading time:? .{1,20}|"
    r"about the authors?"
    r")[;.|]?",
    re.IGNORECASE,
)
_BY_NAME = re.compile(rf"[Bb]y:? {_NAME}(?:[,;|•·–-]? ?.{{0,60}})?|BY {_NAME}.{{0,60}}")

_NAVIGATION = re.compile(
    r"(?:"
    r"(?:table of )?contents?|on this page|in this (?:article|post|guide|section)|jump to(?: section)?|quick links|"
    r"skip to (?:main )?(?:content|navigation)|back to (?:the )?top|(?:main )?menu|search|log ?in|sign "
    r"(?:in|up)|register|"
    r"home|toggle navigation|show (?:more|less|all)|view (?:all|more)|see (?:all|more)|load more|loading|"
    r"shares?(?: this)?(?: (?:article|post|page|story))?(?: (?:on|via) (?:facebook|twitter|x|linkedin|"
    r"whatsapp|e-?mail|social media))?:?|"
    r"tweet|pin(?: it)?|print(?: this page)?|e-?mail(?: this)?|facebook|twitter|linkedin|whatsapp|instagram|pinterest|"
    r"copy link|bookmark|"
    r"(?:read|learn|find out|discover) more(?: ?[:»→>›…].{0,120}| (?:about|on) .{1,80})?|"
    r"continue reading.{0,80}|keep reading|(?:click|tap) here.{0,40}|"
    r"(?:related|recommended|popular|recent|trending|latest|further|similar|more)"
    r" (?:stor(?:y|ies)|articles?|posts?|topics?|contents?|reading|links?|pages?|resources|guides?|videos?|news|reads?)"
    r"(?: ?: ?.{0,120})?|related ?: ?.{1,120}|"
    r"(?:see|read) also ?: ?.{1,120}|you (?:may|might) also (?:like|enjoy|be interested in).{0,60}|what to read next|"
    r"(?:more )?from (?:our|the) (?:blog|magazine|archive)|"
    r"advertisements?|advertising|sponsored(?: (?:content|by .{1,40}))?|ad|promoted|"
    r"(?:post |add |leave )?(?:a )?comments?(?: \(\d{1,5}\))?|leave a (?:reply|comment)|\d{1,5} "
    r"(?:comments?|shares?|views?|likes?)|"
    r"(?:previous|next|older|newer)(?: (?:article|post|page|story|entry))?(?: ?[:»→>›].{0,120})?|"
    r"(?:tags?|categor(?:y|ies)|filed under|topics?|posted in) ?: .{1,120}|"
    r"was this (?:article|page|information|content)? ?helpful ?\??(?: yes ?/? ?no)?|(?:did this|how helpful).{0,40}\?|"
    r"follow us.{0,60}|(?:subscribe|sign up|join).{0,60}(?:newsletter|e-?mails?|inbox|updates|mailing "
    r"list).{0,60}|subscribe(?: now)?|"
    r"get (?:our|the) .{0,40}newsletter.{0,60}|enter your e-?mail.{0,40}|download (?:the|our) (?:app|pdf).{0,40}|"
    r"(?:accept|reject|manage|allow)(?: all)?(?: cookies?| preferences| settings)?(?: (?:cookies|"
    r"settings))?|cookie (?:settings|preferences|policy|notice)|"
    r"privacy (?:policy|notice|settings)|terms(?: (?:of (?:use|service)|and conditions|& conditions))?|"
    r"contact(?: us)?|about us|sitemap|"
    r"faqs? menu|show transcript|image caption|read time"
    r")[.!:;»→>›]?",
    re.IGNORECASE,
)
_CRUMBS = re.compile(r"(?:home|start|main|health(?: ?topics)?)(?: ?[>»›/|→] ?[^>»›/|→]{1,60}){1,8}", re.IGNORECASE)
_COOKIES = re.compile(
    r"(?:we|this (?:web)?site|our (?:web)?site|our partners|by (?:continuing|using|"
    r"clicking))\b.{0,160}\bcookies?\b.{0,400}",
    re.IGNORECASE,
)

_LINKS_FOLLOW = re.compile(
    r"(?:related|recommended|popular|recent|trending|latest|similar|more|further)"
    r" (?:stor(?:y|ies)|articles?|posts?|contents?|links?|pages?|news|reads?|guides?|reading)|"
    r"you (?:may|might) also (?:like|enjoy|be interested in).{0,60}|what to read next",
    re.IGNORECASE,
)

# Said by a site of itself. A sentence that speaks of "this article" is the author's own advice and stays.
_SITE = r"(?:this|our|the) (?:web ?site|site|platform|blog|portal)"
_FOOTER_ANYWHERE = re.compile(
    r"(?:copyright|©|\(c\)) ?(?:©|\(c\))? ?(?:\d{4}|by\b).{0,400}|.{0,200}\ball rights reserved\b.{0,200}|"
    r".{0,200}\b(?:makes?|gives?) no (?:representations?|warrant(?:y|ies))\b.{0,1500}|"
    rf"(?:all |the |any )?(?:information|contents?|articles?|materials?|advice)\b.{{0,120}}\b(?:on|through|"
    rf"via|by) {_SITE}\b.{{0,1500}}|"
    r"(?:the |all |any |our )?(?:contents?|information|materials?|articles?)(?:,? [\w,]+){0,5} (?:on|at|"
    r"of|from|by|published (?:on|by)|provided (?:on|by)) "
    r"\S{1,60}\.[a-z]{2,12}\b.{0,1500}|"
    rf"(?:by (?:using|accessing|visiting)|your use of) {_SITE}\b.{{0,1500}}|"
    r"[\w.' ]{1,40} (?:does|do) not (?:provide|offer|give) medical advice.{0,600}|"
    rf"{_SITE} (?:is|does|contains|provides|uses|may|and|participates|earns).{{0,200}}\b(?:advice|"
    rf"informational|affiliate|liab|endorse|diagnos).{{0,1200}}|"
    r"(?:we|the publisher|the authors?|\S{1,60}\.\w{2,6}) (?:is|are) not (?:responsible|liable) for "
    r"(?:any|the content|the accuracy|errors)\b.{0,800}|"
    r"(?:we|this page|this post|this site) (?:may )?(?:earn|receive|contains?|includes?) "
    r".{0,60}\b(?:commission|affiliate)\b.{0,400}",
    re.IGNORECASE,
)
_FOOTER_AT_END = re.compile(
    r"(?:medical |legal |general |health )?disclaimers?(?: ?:.{0,1500})?|"
    r"(?:privacy|terms|cookies?|contact|about|careers|advertise|sitemap|accessibility)(?: (?:policy|us|of "
    r"use|and conditions|with us))?"
    r"(?: ?[|•·/–-] ?.{1,120})+|"
    r"(?:the )?(?:contents?|information|materials?) (?:here|herein|provided(?: here)?|above|contained "
    r"herein)\b.{0,60}\b(?:informational|educational)\b.{0,1200}|"
    r"for (?:general )?(?:informational|educational|information)(?: and \w+)? purposes only\b.{0,400}|"
    r"(?:registered|a registered) (?:charity|company|in england).{0,300}|charity (?:number|no).{0,200}",
    re.IGNORECASE,
)
_LONGEST_FOOTER = 2500
_LONGEST_LINE = 200
"""Longer lines are never bylines or navigation, in characters."""


def why_dropped(line: str) -> DropReason | None:
    """Why a line of folded text is no content wherever it stands; None for content."""
    if len(line) <= _LONGEST_LINE:
        if _NAVIGATION.fullmatch(line) or _CRUMBS.fullmatch(line):
            return "navigation"
        if len(line.split()) <= _BYLINE_WORDS and _BYLINE.fullmatch(line):
            return "byline"
    if len(line) <= _LONGEST_FOOTER:
        if _COOKIES.fullmatch(line):
            return "navigation"
        if _FOOTER_ANYWHERE.fullmatch(line):
            return "site footer"
    return None


def is_byline_near_an_end(line: str) -> bool:
    """Whether a line among the first or last of a text names its author; in the middle "By …" may be a heading."""
    return len(line) <= _LONGEST_LINE and len(line.split()) <= _BYLINE_WORDS and bool(_BY_NAME.fullmatch(line))


def is_footer_at_end(line: str) -> bool:
    """Whether a line is a site's footer, given that nothing but footers follows it."""
    return len(line) <= _LONGEST_FOOTER and bool(_FOOTER_AT_END.fullmatch(line))


def announces_links(line: str) -> bool:
    """Whether headlines of other pages are to be expected after this line."""
    return bool(_LINKS_FOLLOW.fullmatch(line.rstrip(" :")))


_REFERENCE_HEADING = re.compile(
    r"(?:references?|sources?|bibliography|works cited|citations?|article sources?|references and "
    r"(?:sources|further reading)|our sources)",
    re.IGNORECASE,
)
_CITATION = re.compile(r"\b(?:19|20)\d\d[a-z]?\b|https?://|www\.|\bdoi\b|\bet al\b|\bISBN\b|\bvol\b", re.IGNORECASE)


def is_reference_heading(heading: str) -> bool:
    """Whether a list of works is to be expected under this heading."""
    return bool(_REFERENCE_HEADING.fullmatch(heading.rstrip(" :")))


def is_citation(line: str) -> bool:
    """Whether a line looks like an entry of a list of works."""
    return bool(_CITATION.search(line[:2000]))
