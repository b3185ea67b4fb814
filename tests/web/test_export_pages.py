"""Bundles as downloads: of the whole record and of one record, for those who may export."""

import io
import zipfile

import factories
import pytest
from factories import whole_record

from twofold.ledger import keys
from twofold.ledger.models import LedgerEntry
from twofold.ledger.queries import position
from twofold_verify.cli import main as verifier


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


@pytest.fixture
def signed_in(client):
    def _signed_in(somebody):
        client.force_login(somebody)
        return client

    return _signed_in


def downloaded(response, path):
    data = b"".join(response.streaming_content)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert int(response.headers["Content-Length"]) == len(data)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="')
    path.write_bytes(data)
    return path


def exports():
    return LedgerEntry.objects.filter(subject__startswith="ledger.export").count()


def test_an_auditor_downloads_the_whole_record(cast, item, signed_in, tmp_path):
    auditor = signed_in(cast.auditor)
    page = auditor.get("/integrity/bundle/")

    path = downloaded(auditor.post("/integrity/bundle/"), tmp_path / "ledger.zip")

    assert page.status_code == 200
    assert position().verifier in page.content.decode()
    assert verifier([str(path), "--key", str(keys.verifier())]) == 0
    assert exports() == 1
    assert not list(tmp_path.rglob("export-*"))


def test_an_auditor_downloads_one_item_from_its_page(cast, item, signed_in, tmp_path, capsys):
    auditor = signed_in(cast.auditor)
    address = f"/records/{item.ledger_subject}/bundle/"

    shown = auditor.get(f"/evidence/{item.pk}/").content.decode()
    told = auditor.get(address).content.decode()
    path = downloaded(auditor.post(address), tmp_path / "item.zip")

    assert f'href="{address}"' in shown
    assert f'href="/evidence/{item.pk}/"' in told
    assert verifier([str(path), "--key", str(keys.verifier())]) == 0
    assert "does not show" not in capsys.readouterr().err
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        contents = [name for name in archive.namelist() if name.startswith("content/")]
        assert [archive.read(name) for name in contents] == [b"what was seen"]


@pytest.mark.parametrize(
    "page", ["systems/loans/", "people/{person}/", "integrity/", "integrity/entries/0/"]
)
def test_histories_lead_to_bundles_for_those_who_may_export(cast, signed_in, page):
    system = factories.system(cast, code="loans", at=factories.now())
    whole_record.sequence(at=factories.now())
    address = "/" + page.format(person=cast.owner.pk)

    assert "/bundle/" in signed_in(cast.auditor).get(address).content.decode()
    assert "/bundle/" not in signed_in(cast.reviewer).get(address).content.decode()
    assert system.pk


def test_who_may_not_export_gets_neither_page_nor_bundle(cast, item, signed_in):
    reviewer = signed_in(cast.reviewer)

    for address in ("/integrity/bundle/", f"/records/{item.ledger_subject}/bundle/"):
        assert reviewer.get(address).status_code == 403
        assert reviewer.post(address).status_code == 403
    assert exports() == 0


@pytest.mark.parametrize("subject", ["evidence.evidenceitem:nonsense", "nonsense", "a.b:c"])
def test_there_is_no_bundle_of_what_is_no_record(cast, signed_in, subject):
    auditor = signed_in(cast.auditor)

    assert auditor.get(f"/records/{subject}/bundle/").status_code == 404
    assert auditor.post(f"/records/{subject}/bundle/").status_code == 404
    assert exports() == 0
