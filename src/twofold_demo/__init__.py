"""The demonstration organisation: Harbourline, two AI systems on real data, their governance.

It stands beside the server and uses it as an organisation would: people through the actions,
machine learning through the SDK over HTTP. Nothing imports it; `twofold demo` is an entry point.

Harbourline is half-way to certification, and what it lacks shows as lacking:

- Nobody described the management review, leakage prevention, culture or the environment: gaps, for
  there is nothing to credit.
- Privileged access and suppliers have no owner; a third of the descriptions wait for approval.
- Two breaches and the minor findings are open: they hold back all that their controls touch.
- A check over documents that nobody filed fails or does not run, and one over a deadline that
  nobody set errs: nothing stands for them.
- Of human reviews of decisions nothing is known: the desk keeps them outside, and sends none.

- Two requests for evidence are open, an item past its term waits for the second person who erases
  it, and no outsider vouches for the record: the integrity page says what a rewrite could hide.

What `content/papers` tells was written for the demonstration. It speaks of days in the past, and
the record knows it since the day on which it was filed; no entry is dated back.
"""
