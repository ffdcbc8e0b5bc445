"""``phistac.login()`` and ``phistac.logout()``: signing in where somebody can be asked, in a notebook for example."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError
from phistac.remote.account.secrets import Login, Secret
from phistac.settings import resolve

if TYPE_CHECKING:
    from phistac.remote.account.signin import SignedIn
    from phistac.settings import Settings

__all__ = ["ask", "ask_hidden", "asked_login", "login", "logout", "some"]

_FACTOR = "Second factor, if the account has one (a code, or the secret that codes are made of): "


def login(
    username: str | None = None,
    password: str | None = None,
    totp: str | None = None,
    *,
    file: bool = False,
    settings: Settings | None = None,
) -> SignedIn:
    """Sign in to the Copernicus Data Space: try a login and store it, so that every later session has it.

    What ``phistac login`` does at a terminal. Where a login is stored already, or set in the environment, nothing needs
    to be called.

    Parameters
    ----------
    username, password : str, optional
        Asked for if one is missing; better not written into a notebook.
    totp : str, optional
        Second factor: the secret that codes are made of, which is stored, or one code, which is not.
    file : bool
        Into a file that only this user can read, in plain text, instead of the keyring of the desktop.
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    SignedIn
        What is used from now on, and where it is; prints itself, without a secret.

    Raises
    ------
    CredentialsRejectedError
        If the service refuses it, in its words.
    ConfigurationError
        If there is no keyring here and no ``file`` was asked for, or nobody to be asked.

    Examples
    --------
    >>> phistac.login()  # doctest: +SKIP
    <account default: temporary S3 keys, bought when they are needed; login of me@example.org from the keyring (macOS)>
    """
    from phistac.remote.account.signin import sign_in, status  # noqa: PLC0415 - the command line asks before it loads the rest

    settings = resolve(settings)
    password = None if password is None else Secret(password)
    totp = None if totp is None else Secret(totp)
    if username and password:
        sign_in(Login(username, password, totp), settings, file=file)
    elif sys.stdin.isatty() or "ipykernel" in sys.modules:
        sign_in(asked_login(username), settings, file=file)
    else:
        raise ConfigurationError("there is nobody to ask for a password", remedy="Give username and password.")
    return status(settings)


def logout(*, settings: Settings | None = None) -> list[str]:
    """Remove what :func:`login` stored and delete the temporary S3 keys made on this machine.

    Parameters
    ----------
    settings : Settings, optional
        Service and account; those in force by default.

    Returns
    -------
    list of str
        What was done, a line for each; empty if there was nothing to do.

    Raises
    ------
    PhistacError
        If a temporary key could not be deleted at the service; what was stored is removed nevertheless.

    Examples
    --------
    >>> phistac.logout()  # doctest: +SKIP
    ['deleted 1 temporary S3 key', 'removed what was in the keyring (macOS)']
    """
    from phistac.remote.account.signin import sign_out  # noqa: PLC0415 - as above

    return sign_out(resolve(settings))


def asked_login(username: str | None = None) -> Login:
    """Ask for what is missing of a login."""
    name = username or ask("User name (e-mail): ")
    password = ask_hidden("Password: ")
    return Login(some(name, "user name"), some(password, "password"), ask_hidden(_FACTOR).strip() or None)


def ask(prompt: str) -> str:
    """Ask for something that may be seen."""
    try:
        if not sys.stdin.isatty():
            return input(prompt).strip()  # a notebook's own way to ask
        sys.stderr.write(prompt)  # standard output is for data
        sys.stderr.flush()
        return input().strip()
    except EOFError:
        return ""


def ask_hidden(prompt: str) -> Secret:
    """Ask for something that may not."""
    try:
        return Secret(getpass.getpass(prompt))
    except EOFError:
        return Secret()


def some(text: str, what: str) -> str:
    """Return the text, unless it is empty."""
    if not text:
        raise ConfigurationError(f"the {what} is empty", remedy="Nothing was sent or stored; try again.")
    return text
