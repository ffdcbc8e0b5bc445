"""The command line against the sandbox: data on standard output, one clear line for what goes wrong, exit codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from phistac.cli import main
from phistac.sandbox import Sandbox

BOWTIE = "POLYGON ((14 40, 15 41, 15 40, 14 41, 14 40))"


@pytest.fixture(scope="module")
def archive(seeded_root):
    return seeded_root


@pytest.fixture
def cdse(archive):
    with Sandbox(root=archive) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["search", "sentinel-1-slcc"], 2, ("sentinel-1-slcc", "sentinel-1-slc")),
        (["search", "sentinel-1-slc", "--intersects", BOWTIE], 2, ("cross",)),
        (["search", "sentinel-1-slc", "--intersects", "somewhere nice"], 2, ("WKT",)),
        (["search", "sentinel-1-slc", "--datetime", "2025-06-02/2025-06-01"], 2, ("2025-06-02", "before")),
        (["search", "sentinel-1-slc", "--datetime", "1999"], 3, ("0 Items",)),
        (["search", "sentinel-1-slc", "--datetime", "2025-13"], 2, ("2025-13",)),
        (["search", "sentinel-1-slc", "--datetime", "yesterday"], 2, ("yesterday",)),
        (["search", "sentinel-1-slc", "--max-items", "0"], 2, ("max_items", "from 1 up")),
        (["search", "sentinel-1-slc", "--filter", "foo bar"], 2, ("CQL2",)),
        (["search", "sentinel-1-slc", "--intersects", "nofile.geojson"], 2, ("no file 'nofile.geojson'",)),
        (["search"], 2, ("the whole catalogue", "Name a collection")),
        (["download", "S1A_NO_SUCH_PRODUCT"], 3, ("S1A_NO_SUCH_PRODUCT",)),
        (["demo", "--data", "no-such-folder"], 2, ("no-such-folder",)),
        (["sandbox", "--data", "no-such-folder"], 2, ("no-such-folder",)),
    ],
)
def test_bad_input_is_one_clear_line(cdse, capsys, tmp_path, monkeypatch, arguments, code, words):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert main(arguments) == code
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if not line.startswith("A Copernicus")]
    assert len(lines) == 1
    assert [word for word in words if word not in lines[0]] == []
    assert captured.out == ""
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_a_search_prints_items_and_a_download_takes_them(cdse, capsys, monkeypatch, tmp_path):
    assert main(["search", "sentinel-3-olci-1-efr-ntc", "--bbox", "14", "40", "15", "41", "--max-items", "1"]) == 0
    printed = capsys.readouterr().out
    (item,) = [json.loads(line) for line in printed.splitlines()]
    assert item["collection"] == "sentinel-3-olci-1-efr-ntc"
    monkeypatch.setattr("sys.stdin", io.StringIO(printed))
    assert main(["download", "--out", str(tmp_path)]) == 0
    assert (tmp_path / f"{item['id']}.SEN3" / "xfdumanifest.xml").is_file()


def test_a_filter_finds_single_bursts(cdse, capsys):
    arguments = ["search", "sentinel-1-slc-burst", "--filter", "burst:id = 't044_092602_iw2'", "--max-items", "2"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert captured.err == "2 Items\n"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("not JSON\n", 2, "line 1 of standard input"),
        ('{"type": "Feature"}\n[]\n', 2, "line 2 of standard input"),
        ("", 3, "nothing to do"),
    ],
)
def test_what_is_no_item_is_named_by_its_line(cdse, capsys, monkeypatch, tmp_path, given, code, words):
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    assert main(["download", "--out", str(tmp_path / "out")]) == code
    assert words in capsys.readouterr().err


def test_collections_of_items_and_names_with_their_extension(cdse, capsys, monkeypatch, tmp_path):
    assert main(["search", "sentinel-3-olci-1-efr-ntc", "--max-items", "1"]) == 0
    item = json.loads(capsys.readouterr().out)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"type": "FeatureCollection", "features": [item]})))
    assert main(["download", "--out", str(tmp_path)]) == 0
    monkeypatch.setattr("sys.stdin", None)
    assert main(["download", f"{item['id']}.SEN3", "--out", str(tmp_path)]) == 0
    assert "1 reused" in capsys.readouterr().err
    assert main(["download"]) == 2


@pytest.mark.parametrize("command", [["demo"], ["download", "S1A_X"]])
def test_a_file_is_no_folder_to_write_to(cdse, capsys, tmp_path, monkeypatch, command):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("phistac.cli._named", lambda _: [{"id": "X", "assets": {"a": {"href": "s3://eodata/X"}}}])
    assert main([*command, "--out", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_wrong_password_is_one_clear_line_and_leaves_nothing(archive, capsys, monkeypatch, tmp_path):
    with Sandbox(root=archive) as cdse:
        label = f"__{cdse.settings.account.upper().replace('-', '_').replace('.', '_')}"
        monkeypatch.delenv(f"PHISTAC_S3_ACCESS_KEY{label}")
        monkeypatch.delenv(f"PHISTAC_S3_SECRET_KEY{label}")
        monkeypatch.setenv(f"PHISTAC_PASSWORD{label}", "wrong-horse")
        main(["search", "sentinel-3-olci-1-efr-ntc", "--max-items", "1"])
        monkeypatch.setattr("sys.stdin", io.StringIO(capsys.readouterr().out))
        assert main(["download", "--out", str(tmp_path / "out")]) == 4
        error = capsys.readouterr().err
    assert "password" in error
    assert "wrong-horse" not in error
    assert len([line for line in error.splitlines() if line.startswith("phistac:")]) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "out" in path.parts] == []


def test_a_full_disk_is_one_clear_line(cdse, capsys, monkeypatch, tmp_path):
    main(["search", "sentinel-3-olci-1-efr-ntc", "--max-items", "1"])
    monkeypatch.setattr("sys.stdin", io.StringIO(capsys.readouterr().out))
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    assert main(["download", "--out", str(tmp_path)]) == 5
    error = capsys.readouterr().err
    assert "disk has 1" in error
    assert len([line for line in error.splitlines() if line.startswith("phistac:")]) == 1


@pytest.mark.parametrize("command", ["demo", "sandbox", "search", "download", "serve"])
def test_every_command_helps(command):
    done = subprocess.run(
        [sys.executable, "-m", "phistac", command, "--help"], capture_output=True, text=True, check=True
    )
    assert f"phistac {command}" in done.stdout


def test_no_command_is_a_usage_error():
    done = subprocess.run([sys.executable, "-m", "phistac"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "COMMAND" in done.stderr
