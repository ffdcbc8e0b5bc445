"""Who we are: where keys and logins are found, how they are bought and kept, and what of them must not show.

``credentials`` tells the order of ``given`` (handed over), ``stored`` (``variables``, ``inifiles``, ``wallet``) and
``tempkeys`` (``keyshop``, ``keycheck``). ``tokens`` logs in, with ``totp``. Signing in: ``signin``, ``interactive``,
``command``. What must not show: ``secrets``, ``bare``, ``privatefile``.
"""
