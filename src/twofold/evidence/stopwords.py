"""Words that say nothing of what is looked for: almost every text holds them."""

from typing import Final

_COMMON: Final = """
a about above after against all also am an and any are as at be because been before being
below between both but by did do does doing during each few for from further had has have
having he her here hers him his how i if in into is it its me more most my no nor not of off
on once only or other our ours out over own same she so some such than that the their theirs
them then there these they this those through to too under until up very was we were what when
where which while whom why with you your yours
"""
#: Common words of English, in small letters; those that a title may turn on are left out.
STOPWORDS: Final = frozenset(_COMMON.split())
