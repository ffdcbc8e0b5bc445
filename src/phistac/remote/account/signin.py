"""Signing in and out: a login or S3 keys are tried, then stored where they are found again; and everything removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.errors import ConfigurationError, CredentialsMissingError, CredentialsRejectedError
from phistac.remote.account.given import named_account
from phistac.remote.account.keycheck import key_works
from phistac.remote.account.secrets import Login, S3Keys
from phistac.remote.account.stored import login, place_of_keys, place_of_login
from phistac.remote.account.tempkeys import discard
from phistac.remote.account.tokens import TokenSource
from phistac.remote.account.totp import is_code
from phistac.remote.account.wallet import FileWallet, KeyringWallet, wallets
from phistac.remote.web.http import Http
from phistac.settings import resolve

if TYPE_CHECKING:
    from phistac.remote.account.wallet import Wallet
    from phistac.settings import Settings

__all__ = ["SignedIn", "sign_in", "sign_out", "status"]


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """What an account is used with, and where that was found; no secret."""

    account: str
    """Its label."""

    keys_from: str | None
    """Where its S3 keys are; None if temporary ones are bought, or cannot be."""

    login_from: str | None
    """Where its login is; None if there is none."""

    username: str | None
    """Whose login that is."""

    def __bool__(self) -> bool:
        return bool(self.keys_from or self.login_from)

    def __str__(self) -> str:
        if not self:
            return f"account {self.account}: not signed in"
        keys = f"S3 keys from {self.keys_from}" if self.keys_from else "temporary S3 keys, bought when they are needed"
        who = f"; login of {self.username} from {self.login_from}" if self.login_from else "; no login"
        return f"account {self.account}: {keys}{who}"

    def __repr__(self) -> str:
        return f"<{self}>"


def sign_in(what: Login | S3Keys, settings: Settings | None = None, *, file: bool = False) -> str:
    """Try a login or S3 keys at the service, then store them for the account; return where.

    Parameters
    ----------
    what : Login or S3Keys
        A one-time code of a login is used, and not stored; the shared secret is.
    settings : Settings, optional
        Service and account.
    file : bool
        Into a file that only its owner may read, in plain text, instead of the keyring.

    Raises
    ------
    CredentialsRejectedError
        If the service refuses them.
    ConfigurationError
        If there is no keyring, and no ``file`` was asked for; said before anything is sent.
    """
    settings = resolve(settings)
    if settings.account != named_account(settings.account):
        raise ConfigurationError("keys that were handed over are not stored", remedy="Name the account.")
    wallet: Wallet = FileWallet() if file else KeyringWallet()
    wallet.require()
    kept = wallet.read(settings)
    if isinstance(what, Login):
        TokenSource(settings, credentials=lambda _: what).token()
        factor = "" if not what.totp or is_code(what.totp) else what.totp
        new = {"username": what.username, "password": what.password, "totp": factor}
    else:
        _try(what, settings)
        new = {"access_key": what.access_key, "secret_key": what.secret_key}
    wallet.write(settings, {name: value for name, value in {**kept, **new}.items() if value})
    return wallet.place


def sign_out(settings: Settings | None = None) -> list[str]:
    """Delete the temporary keys made on this machine and what was stored for the account; return what was done.

    Raises
    ------
    ConfigurationError
        If a store cannot be read or written; the others have been seen to.
    PhistacError
        If a temporary key could not be deleted at the service; it runs out by itself. What was stored is removed.
    """
    settings = resolve(settings)
    done: list[str] = []
    try:
        if count := discard(settings):
            done.append(f"deleted {count} temporary S3 key{'s' if count > 1 else ''}")
    finally:  # whoever is offline wants to be signed out nevertheless; temporary keys run out
        for wallet in wallets():
            if wallet.read(settings):
                wallet.write(settings, {})
                done.append(f"removed what was in {wallet.place}")
    return done


def status(settings: Settings | None = None) -> SignedIn:
    """Return what an account would be used with, without asking the service.

    Raises
    ------
    ConfigurationError
        If a file cannot be read.
    """
    settings = resolve(settings)
    try:
        who = login(settings).username
    except CredentialsMissingError:
        who = None
    return SignedIn(settings.account, place_of_keys(settings), place_of_login(settings), who)


def _try(keys: S3Keys, settings: Settings) -> None:
    with Http(settings) as http:
        if not key_works(http, keys):
            raise CredentialsRejectedError(
                f"the archive refuses these S3 keys for the account {settings.account!r}",
                remedy="Check both; the secret is shown once, when keys are made. New ones work after some seconds.",
            )
