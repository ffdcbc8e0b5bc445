"""``phistac login`` and ``phistac logout``: at a terminal, or out of a pipe.

Passwords are never arguments: those are in every list of processes. A program writes them to standard input
(``--stdin``), or sets ``PHISTAC_USERNAME``, ``PHISTAC_PASSWORD`` and ``PHISTAC_TOTP``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError
from phistac.remote.account.interactive import ask, ask_hidden, asked_login, some
from phistac.remote.account.secrets import Login, S3Keys, Secret
from phistac.remote.account.variables import login_in, variable
from phistac.settings import resolve

if TYPE_CHECKING:
    import argparse

    from phistac.settings import Settings

__all__ = ["add_login_arguments", "add_logout_arguments", "run_login", "run_logout"]

_NOT_SIGNED_IN = 4


def add_login_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``phistac login``."""
    _add_account(parser)
    parser.add_argument("--username", metavar="NAME", help="asked for if it is missing")
    parser.add_argument("--s3-keys", action="store_true", help="S3 keys that you have, instead of a user name")
    parser.add_argument("--file", action="store_true", help="into a file that only you can read, not the keyring")
    parser.add_argument(
        "--stdin",
        action="store_true",
        help="read password and second factor (with --s3-keys: access and secret key) from standard input, one a line",
    )
    parser.add_argument("--status", action="store_true", help="only say what is used now; exit code 4 if nothing is")


def add_logout_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of ``phistac logout``."""
    _add_account(parser)


def run_login(options: argparse.Namespace) -> int:
    """Ask, try, store; or say what there is.

    Returns
    -------
    int
        Exit code.
    """
    from phistac.remote.account.signin import sign_in, status  # noqa: PLC0415 - other commands need no network for --help

    settings = _settings(options)
    if options.status:
        found = status(settings)
        _say(str(found))
        return 0 if found else _NOT_SIGNED_IN
    what = _keys(options) if options.s3_keys else _login(options, settings)
    _say(f"stored in {sign_in(what, settings, file=options.file)}")
    return 0


def run_logout(options: argparse.Namespace) -> int:
    """Remove what was stored, delete temporary keys.

    Returns
    -------
    int
        Exit code.
    """
    from phistac.remote.account.signin import sign_out, status  # noqa: PLC0415 - as above

    settings = _settings(options)
    for done in sign_out(settings) or ["nothing was stored"]:
        _say(done)
    left = status(settings)
    if left:
        _say(f"not ours to remove: {left}")
    return 0


def _add_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", metavar="LABEL", help="which of several accounts; default: the one in the settings"
    )


def _settings(options: argparse.Namespace) -> Settings:
    settings = resolve()
    return replace(settings, account=options.account) if options.account else settings


def _login(options: argparse.Namespace, settings: Settings) -> Login:
    if options.stdin:
        if not options.username:
            raise ConfigurationError("--stdin brings no user name", remedy="Give --username as well.")
        password, factor = _lines(2)
        return Login(options.username, some(password, "password"), factor.strip() or None)
    if not sys.stdin.isatty():
        found = login_in(os.environ, settings.account)
        if found is None or options.username not in {None, found.username}:
            raise ConfigurationError(
                "there is nobody to ask for a password",
                remedy=f"Use --username with --stdin, or set {variable('USERNAME', settings.account)} and "
                f"{variable('PASSWORD', settings.account)}.",
            )
        return found
    return asked_login(options.username)


def _keys(options: argparse.Namespace) -> S3Keys:
    if options.stdin:
        access, secret = _lines(2)
    elif sys.stdin.isatty():
        access, secret = Secret(ask("S3 access key: ")), ask_hidden("S3 secret key: ")
    else:
        raise ConfigurationError("there is nobody to ask for S3 keys", remedy="Write them to --stdin, one a line.")
    return S3Keys(some(access, "access key"), some(secret, "secret key"))


def _lines(count: int) -> list[Secret]:
    return [Secret(sys.stdin.readline().rstrip("\r\n")) for _ in range(count)]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
