"""Canary secrets, planted wherever secrets may lie, are found nowhere that a lazy dataset leaves traces.

S3 keys (the access key counts as a secret, too), a password, the secret of a second factor, a bearer token and the
temporary keys that it buys: looked for in pickles, graphs, what ``distributed`` would send, JSON, representations, the
sidecar and everything else on disk, every logger at DEBUG, and tracebacks that print the variables of all frames.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import pickle
import re
import traceback
import zlib
from dataclasses import replace
from pathlib import Path

import cloudpickle
import pytest
import xarray as xr
from distributed import Client, LocalCluster
from distributed.protocol import serialize

import phistac
from phistac.errors import CredentialsMissingError, CredentialsRejectedError, NotFoundError, PhistacError, ServiceError
from phistac.odata import records
from phistac.remote.account.credentials import s3_keys
from phistac.remote.account.secrets import Login
from phistac.remote.account.signin import status
from phistac.remote.account.tempkeys import discard
from phistac.remote.account.tokens import TokenSource, token_source
from phistac.remote.files.filesystem import CdseFileSystem, filesystem
from phistac.remote.web.http import Http
from phistac.remote.web.patience import Patience
from phistac.sandbox import Fault, Sandbox
from phistac.sandbox.environment import environment
from phistac.stac.bursts import burst_item

pytest.importorskip("nanio")

PLANTED = {
    "access key": "CANARYACCESSKEY00001",
    "secret key": "canary-secret-key-of-the-archive",
    "password": "canary-correct-horse-battery-staple",
    "second factor": "CANARYSECONDFACTOR234567",
}
KEYS = {"key": PLANTED["access key"], "secret": PLANTED["secret key"]}
LOGIN = {"username": "me@example.org", "password": PLANTED["password"], "totp": PLANTED["second factor"]}
LOGGERS = (
    "aiobotocore",
    "asyncio",
    "botocore",
    "dask",
    "distributed",
    "fsspec",
    "phistac",
    "requests",
    "s3fs",
    "urllib3",
)


@pytest.fixture(scope="module")
def server(seeded_root):
    with Sandbox(
        root=seeded_root,
        strict=False,
        username=LOGIN["username"],
        password=PLANTED["password"],
        totp=PLANTED["second factor"],
        access_key=PLANTED["access key"],
        secret_key=PLANTED["secret key"],
    ) as running:
        yield running


@pytest.fixture
def cdse(server, monkeypatch, _no_accident):
    """The sandbox, with settings in the environment and no secret there."""
    for name, value in environment(server.config, server.settings).items():
        if not re.search("KEY__|USERNAME|PASSWORD", name):
            monkeypatch.setenv(name, value)
    CdseFileSystem.clear_instance_cache()  # each route looks for the keys anew
    yield server
    server.clear_faults()


@pytest.fixture
def log():
    """Everything that anybody logs, arguments included."""
    kept = io.StringIO()

    class Keep(logging.Handler):
        def emit(self, record):
            kept.write(f"{logging.Formatter().format(record)}\n{record.args!r}\n")

    handler, loggers = Keep(), [logging.getLogger(name) for name in (None, *LOGGERS)]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def wallet(cdse, ring):
    entry = {"username": LOGIN["username"], "access_key": KEYS["key"], "secret_key": KEYS["secret"]}
    entry |= {"password": LOGIN["password"], "totp": LOGIN["totp"]}
    service = f"phistac {cdse.settings.token_url.split('/')[2]}"
    ring.set_password(service, cdse.settings.account, json.dumps(entry))


def leaks(found: str | bytes, secrets: dict[str, str]) -> list[str]:
    """Name the secrets that are in a text, also as base64 or escaped."""
    data = found if isinstance(found, bytes) else found.encode()
    spellings = {
        name: (secret.encode(), base64.b64encode(secret.encode())[:-4], secret.encode("utf-16-le"))
        for name, secret in secrets.items()
    }
    return [name for name, spelled in spellings.items() if any(one in data for one in spelled)]


def printed(error: BaseException, *, from_ours: bool = False) -> str:
    """Return what a tool prints that prints the variables of every frame, of all exceptions of the chain.

    Parameters
    ----------
    from_ours : bool
        Leave out the frames before the first of phistac: the caller's own variables hold what the caller typed.
    """
    trace = error.__traceback__
    while from_ours and trace is not None and not trace.tb_frame.f_globals["__name__"].startswith("phistac."):
        trace = trace.tb_next
    found = traceback.format_exception(type(error), error, trace)
    ahead, seen = [(error, trace)], set()
    while ahead:
        one, frames = ahead.pop()
        seen.add(id(one))
        for frame, _ in traceback.walk_tb(frames):
            found += [f"{name} = {shown(value)}" for name, value in frame.f_locals.items()]
        others = (one.__cause__, one.__context__, *getattr(one, "exceptions", ()))
        ahead += [(other, other.__traceback__) for other in others if other is not None and id(other) not in seen]
    return "\n".join(found)


def shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError as error:  # Dask has expressions without a representation
        return repr(error)


def failure(call, kind: type[BaseException], **options) -> str:
    with pytest.raises(kind) as caught:
        call()
    return printed(caught.value, **options)


def traces(ds: xr.Dataset, fs: CdseFileSystem) -> dict[str, str | bytes]:
    """Everything that a dataset and its filesystem say about themselves, or would send."""
    graph = dict(ds.__dask_graph__())
    header, frames = serialize(ds)
    task_header, task_frames = serialize(graph)
    return {
        "pickle": pickle.dumps(ds),
        "cloudpickle": cloudpickle.dumps(ds),
        "pickled graph": pickle.dumps(graph),
        "cloudpickled graph": cloudpickle.dumps(ds.__dask_graph__()),
        "graph": repr(graph),
        "serialized dataset": repr(header).encode() + b"".join(map(bytes, frames)),
        "serialized graph": repr(task_header).encode() + b"".join(map(bytes, task_frames)),
        "representations": f"{ds} {ds!r} {ds._repr_html_()} {fs!r} {fs} {vars(fs)!r} {ds.encoding} {ds.attrs}",
        "explain": f"{phistac.explain(next(iter(ds.data_vars.values()))[..., :2, :2])}",
        "filesystem": fs.to_json() + repr(fs.to_dict()) + repr(fs.storage_options) + repr(fs.storage_args),
        "pickled filesystem": pickle.dumps(fs) + cloudpickle.dumps(fs),
        "settings": repr(fs.settings) + repr(status(fs.settings)) + str(status(fs.settings)),
    }


def on_disk(folder: Path, planted: set[Path]) -> dict[str, bytes]:
    """Every file below a folder but those where a secret was put on purpose; compressed ones unpacked as well."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path not in planted:
            data = path.read_bytes()
            head, _, rest = data.partition(b"\n")
            for packed in (data, rest):
                try:
                    data += zlib.decompress(packed)
                except zlib.error:
                    continue
            found[str(path)] = data + head
    return found


def product(cdse) -> str:
    rows = (json.loads(line) for line in (cdse.root / "catalogue" / "products.jsonl").read_text().splitlines())
    return next(f"s3:/{row['S3Path']}" for row in rows if "_IW_SLC__1SDV_" in row["Name"])


def burst_items(cdse) -> list[dict]:
    """One burst on two dates."""
    lines = (cdse.root / "catalogue" / "bursts.jsonl").read_text().splitlines()
    items = [burst_item(records.burst(json.loads(line))) for line in lines]
    mine = [item for item in items if item["properties"]["burst:id"] == "t044_092602_iw2"]
    return [item for item in mine if item["properties"]["sar:polarizations"] == ["VV"]][:2]


def by_variables(cdse, monkeypatch, tmp_path):
    label = cdse.settings.account.upper().replace("-", "_")
    monkeypatch.setenv(f"PHISTAC_S3_ACCESS_KEY__{label}", KEYS["key"])
    monkeypatch.setenv(f"PHISTAC_S3_SECRET_KEY__{label}", KEYS["secret"])
    return {}


def by_file(cdse, monkeypatch, tmp_path):
    path = Path(os.environ["HOME"]) / ".s5cfg"
    path.write_text(
        f"[{cdse.settings.account}]\naws_access_key_id={KEYS['key']}\naws_secret_access_key={KEYS['secret']}\n"
    )
    return {}


def by_keyring(cdse, monkeypatch, tmp_path):
    return {}


def by_login(cdse, monkeypatch, tmp_path):
    label = cdse.settings.account.upper().replace("-", "_")
    for name, value in LOGIN.items():
        monkeypatch.setenv(f"PHISTAC_{name.upper()}__{label}", value)
    return {}


def by_options(cdse, monkeypatch, tmp_path):
    return dict(KEYS)


def by_login_in_options(cdse, monkeypatch, tmp_path):
    return dict(LOGIN)


@pytest.mark.parametrize("route", [by_variables, by_file, by_keyring, by_login, by_options, by_login_in_options])
def test_no_canary_of_a_lazy_dataset(cdse, log, monkeypatch, tmp_path, request, route):
    if route is by_keyring:
        request.getfixturevalue("wallet")
    options = route(cdse, monkeypatch, tmp_path)
    group = {"engine": "safe", "group": "IW1/VV", "chunks": {}, "storage_options": options or None}
    ds = xr.open_dataset(product(cdse), **group)
    series = phistac.burst_series(burst_items(cdse), chunks={}, storage_options=options or None)
    fs = CdseFileSystem(**options)
    secrets = dict(PLANTED)
    if "login" in route.__name__:
        keys = s3_keys(fs.settings)
        assert keys.access_key != KEYS["key"]
        token = str(token_source(fs.settings).token())
        secrets |= {"bought key": str(keys.access_key), "bought secret": str(keys.secret_key), "token": token}
    found = traces(ds, fs) | {f"series: {name}": trace for name, trace in traces(series, fs).items()}
    assert series.VV[:, :2, :2].load().shape == (2, 2, 2)
    assert ds.measurement[:2, :2].load().shape == (2, 2)
    assert pickle.loads(found["pickle"]).measurement[:2, :2].load().shape == (2, 2)
    found |= traces(ds, fs)

    fs.store._patience = Patience(attempts=2, base_s=0.01)
    every = {"service": "s3", "times": 100}
    found["404"] = failure(lambda: fs.cat_file("eodata/no/such/object"), NotFoundError)
    found["404 at opening"] = failure(
        lambda: xr.open_dataset("s3://eodata/no/X.SAFE", **group), NotFoundError, from_ours=True
    )
    tree = {"engine": "safe", "storage_options": options or None}
    found["404 at opening a tree"] = failure(
        lambda: xr.open_datatree("s3://eodata/no/X.SAFE", **tree), NotFoundError, from_ours=True
    )
    cdse.inject(Fault("status", status=500, **every))
    found["500"] = failure(ds.measurement[:2, :2].compute, ServiceError)
    cdse.clear_faults()
    cdse.inject(Fault("status", status=403, code="InvalidAccessKeyId", service="s3", times=2))
    found["403"] = failure(lambda: fs.cat_file("eodata/no/such/object"), PhistacError)
    cdse.clear_faults()
    cdse.inject(Fault("truncate", after_bytes=3, **every))
    found["broken body"] = failure(ds.measurement[:2, :2].compute, ServiceError)
    cdse.clear_faults()
    if "login" in route.__name__:
        assert discard(fs.settings) == 2  # the one that was refused, and the one bought instead
    found["log"] = log.getvalue()
    assert "Sending http request" in found["log"]
    assert list((tmp_path / "XDG_CACHE_HOME" / "phistac" / "sidecar").iterdir())
    found |= on_disk(tmp_path, {Path(os.environ["HOME"]) / ".s5cfg"})
    found |= on_disk(Path(os.environ["XDG_RUNTIME_DIR"]), set())
    if (
        "login" in route.__name__
    ):  # urllib3 logs the path of the request that deleted the key: it opens nothing any more
        found["log"] = re.sub(
            r"DELETE /api/user/credentials/access_id/\w+|'/api/user/credentials/access_id/\w+'", "", found["log"]
        )
    assert {place: names for place, text in found.items() if (names := leaks(text, secrets))} == {}


def test_the_search_finds_what_is_there():
    """The test above can fail."""
    assert leaks(pickle.dumps(KEYS), PLANTED) == ["access key", "secret key"]
    assert leaks(base64.b64encode(PLANTED["password"].encode()), PLANTED) == ["password"]

    def careless(password):
        raise NotFoundError("nothing here")

    assert leaks(failure(lambda: careless(PLANTED["password"]), NotFoundError), PLANTED) == ["password"]


def test_nobody_answers(cdse, log, monkeypatch, tmp_path):
    """Connections refused, for S3, tokens and keys alike: their libraries had everything in their hands."""
    by_login(cdse, monkeypatch, tmp_path)
    dead = "http://127.0.0.1:9"
    gone = replace(cdse.settings, s3_url=dead, token_url=f"{dead}/token", s3_keys_url=f"{dead}/keys", account="gone")
    fs = CdseFileSystem(gone, **KEYS)
    fs.store._patience = patience = Patience(attempts=2, base_s=0.01)
    tokens = TokenSource(gone, credentials=lambda _: Login(**LOGIN), http=Http(gone, patience=patience))
    found = {"S3": failure(lambda: fs.ls("eodata"), ServiceError), "tokens": failure(tokens.token, ServiceError)}
    bearer = token_source(cdse.settings).token()
    http = Http(gone, patience=patience)
    found["keys"] = failure(lambda: http.post_json(gone.s3_keys_url, bearer=bearer), ServiceError)
    found["log"] = log.getvalue()
    secrets = PLANTED | {"token": str(bearer)}
    assert {place: names for place, text in found.items() if (names := leaks(text, secrets))} == {}


def test_refused_logins_and_halves(cdse, log, monkeypatch, tmp_path):
    wrong = {**LOGIN, "totp": "000000"}
    source = TokenSource(cdse.settings, credentials=lambda _: Login(**wrong))
    found = {"refused": failure(source.token, CredentialsRejectedError)}
    monkeypatch.setenv("PHISTAC_PASSWORD__NOBODY", PLANTED["password"])
    monkeypatch.setenv("PHISTAC_S3_SECRET_KEY__HALF", PLANTED["secret key"])
    nobody, half = (replace(cdse.settings, account=account) for account in ("nobody", "half"))
    found["nobody"] = failure(lambda: filesystem(nobody).ls("eodata"), CredentialsMissingError)
    found["half"] = failure(lambda: s3_keys(half), PhistacError)
    (Path(os.environ["HOME"]) / ".s5cfg").write_text(f"{PLANTED['secret key']}\n")
    found["broken file"] = failure(lambda: s3_keys(nobody), PhistacError)
    found["log"] = log.getvalue()
    assert {place: names for place, text in found.items() if (names := leaks(text, PLANTED))} == {}


def test_a_cluster_is_sent_a_label(cdse, log, monkeypatch, tmp_path):
    """Tasks that are computed and tasks that fail: what the scheduler and the workers log and send back."""
    with Client(LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0")) as client:
        ds = xr.open_dataset(product(cdse), engine="safe", group="IW1/VV", chunks={}, storage_options=dict(KEYS))
        window = ds.measurement[:2, :2]
        (future,) = client.compute([window.data])
        assert future.result().shape == (2, 2)
        cdse.inject(Fault("status", status=403, code="InvalidAccessKeyId", service="s3", times=100))
        (broken,) = client.compute([ds.measurement[2:4, :2].data])
        found = {"exception": failure(broken.result, CredentialsRejectedError)}
        cdse.clear_faults()
        found |= {"worker": repr(client.get_worker_logs()), "scheduler": repr(client.get_scheduler_logs())}
        found |= {"future": repr(broken) + repr(broken.exception()) + repr(client.scheduler_info())}
        client.cluster.close()
    found["log"] = log.getvalue()
    assert {place: names for place, text in found.items() if (names := leaks(text, PLANTED))} == {}
