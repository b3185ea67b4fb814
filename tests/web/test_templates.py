"""Lint of the templates: every text goes through gettext, and nothing breaks the content policy.

Template tags are taken out first, so that what is left is plain HTML; whatever a person would read
there, in the text or in an attribute that is shown or spoken, was not translated. The browser
refuses inline styles, scripts and event handlers under the content policy, so they are bugs too.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src" / "twofold"
TEMPLATES = sorted(SOURCES.glob("**/templates/**/*.html"))

# Shown or spoken, in HTML or as attributes of our components.
READ = frozenset(
    {
        *("alt", "aria-description", "aria-label", "placeholder", "title"),
        *("heading", "hint", "label", "lead", "note", "search", "term", "unit", "what", "why"),
    }
)

COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
TRANSLATED = re.compile(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", re.DOTALL)
# A block that fills a class attribute holds names of classes.
CLASSES = re.compile(r"\{% block \w+_class %\}.*?\{% endblock\b[^%]*%\}", re.DOTALL)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
FALLBACK = re.compile(r"\|(?:default|default_if_none|yesno|pluralize):(\"[^\"]*\"|'[^']*')")
ENTITY = re.compile(r"&#?\w+;")
WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass
class Finding:
    """One thing that a template must not hold."""

    line: int
    fault: str


@dataclass
class Reader(HTMLParser):
    """Collects what stands in the HTML after the template tags were taken out."""

    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.inside_script = False

    def note(self, fault: str) -> None:
        self.findings.append(Finding(self.getpos()[0], fault))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside_script = tag == "script"
        if tag == "style":
            self.note("style element")
        for name, value in attrs:
            self.check_attribute(name, value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.inside_script = False

    def handle_endtag(self, tag: str) -> None:
        self.inside_script = False

    def handle_data(self, data: str) -> None:
        if self.inside_script and data.strip():
            self.note("inline script")
        elif reads_as_text(data):
            self.note(f"untranslated text {data.strip()!r}")

    def check_attribute(self, name: str, value: str) -> None:
        if name == "style":
            self.note("style attribute")
        elif re.match(r"(on\w|hx-on\b)", name):
            self.note(f"event handler {name}")
        elif name in READ and reads_as_text(value):
            self.note(f"untranslated {name} {value!r}")


def reads_as_text(text: str) -> bool:
    """Tell whether something is left that a person would read as a word."""
    return WORD.search(ENTITY.sub("", text)) is not None


def blank(match: re.Match[str]) -> str:
    """Take a stretch out and keep its lines, so that findings name the right one."""
    return "\n" * match.group().count("\n")


def lint(source: str) -> list[str]:
    """Return one sentence for each fault of a template, with its line."""
    for outside in (COMMENT, TRANSLATED, CLASSES):
        source = outside.sub(blank, source)
    findings = [
        Finding(source.count("\n", 0, match.start()) + 1, f"untranslated fallback {match[1]}")
        for match in FALLBACK.finditer(source)
        if reads_as_text(match[1])
    ]
    reader = Reader()
    reader.feed(TAG.sub(blank, source))
    reader.close()
    return [f"line {finding.line}: {finding.fault}" for finding in findings + reader.findings]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_template_translates_every_text_and_keeps_to_the_content_policy(path: Path) -> None:
    assert lint(path.read_text(encoding="utf-8")) == []


def test_templates_are_found() -> None:
    assert SOURCES / "web" / "templates" / "base.html" in TEMPLATES


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>Hello</p>", "line 1: untranslated text 'Hello'"),
        ("<p>\n{{ count }} items</p>", "line 1: untranslated text 'items'"),
        ("{# ok #}\n<img alt='A tree'>", "line 2: untranslated alt 'A tree'"),
        ('<input placeholder="Search">', "line 1: untranslated placeholder 'Search'"),
        ("<a title='Open {{ name }}'>1</a>", "line 1: untranslated title 'Open '"),
        ("<b aria-label='Close'></b>", "line 1: untranslated aria-label 'Close'"),
        ('<c-stat label="Open" />', "line 1: untranslated label 'Open'"),
        ('{{ owner|default:"Nobody" }}', 'line 1: untranslated fallback "Nobody"'),
        ("{{ on|yesno:'Yes,No' }}", "line 1: untranslated fallback 'Yes,No'"),
        ("<p style='color: red'></p>", "line 1: style attribute"),
        ("<style></style>", "line 1: style element"),
        ("<script>go()</script>", "line 1: inline script"),
        ("<button onclick='go()'></button>", "line 1: event handler onclick"),
        ("<b hx-on:click='go()'></b>", "line 1: event handler hx-on:click"),
        ("{% if a %}Yes{% else %}{% endif %}", "line 1: untranslated text 'Yes'"),
    ],
)
def test_lint_finds_the_fault(source: str, fault: str) -> None:
    assert fault in lint(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Hello" %}</p>',
        "{% blocktranslate count n=n %}{{ n }} item{% plural %}all{% endblocktranslate %}",
        '{% block main_class %} wide{% endblock %}<b class="{% block main_class %}{% endblock %}">',
        "<img alt=\"{% translate 'A tree' %}\">",
        "<p>&nbsp;·&hellip; 12,5 % - v2</p>",
        '<script src="/static/x.js" defer></script>',
        "{{ data|json_script:id }}",
        '{{ size|default:"-" }}',
        "{% comment %}Hello{% endcomment %}<!-- Hello -->",
        '<c-status state="gap" />',
    ],
)
def test_lint_allows_what_is_translated_or_not_read(source: str) -> None:
    assert lint(source) == []
