"""The client: one server, one token, and what a program can ask of it."""

import threading
import uuid
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

import httpx

from twofold_sdk.answers import Alert, Evidence, EvidenceRequest, Posture
from twofold_sdk.buffer import Buffering
from twofold_sdk.connection import BytesBody, Connection, FileBody, Retry, body_of
from twofold_sdk.system import System


class Client:
    """Talks to a Twofold server; a context manager that delivers what was logged when it ends.

    Threads may share it. A program that forks makes its client in the process that uses it.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Make a client; no request is sent.

        Args:
            url: of the server, such as `https://twofold.example.org`.
            token: an API token.
            timeout_s: for connecting, for writing and for each wait for bytes of the answer.
            retry: how often requests are tried; see `Retry`.
            transport: another way to reach the server than httpx's own, such as through a proxy.
        """
        self._retry = retry or Retry()
        self._connection = Connection(
            url, token, timeout_s=timeout_s, retry=self._retry, transport=transport
        )
        self._lock = threading.Lock()
        self._systems: dict[tuple[str, str, Buffering], System] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Deliver what was logged to every system, and close the sockets whatever comes of it.

        Raises:
            DeliveryError: logged events could not be delivered; see `System.take_undelivered`.
        """
        with ExitStack() as closing:
            closing.callback(self._connection.close)
            for system in list(self._systems.values()):
                closing.callback(system.close)

    def system(self, code: str, *, version: str = "", buffering: Buffering | None = None) -> System:
        """Return a system by its code; no request is sent, and the same call returns the same.

        Args:
            code: its short name in the register.
            version: the schema version of its events; blank for the newest one declared.
            buffering: how logged events are gathered; see `Buffering`.
        """
        settings = buffering or Buffering()
        with self._lock:
            known = self._systems.get((code, version, settings))
            if known is None:
                known = self._systems[code, version, settings] = System(
                    self._connection,
                    code,
                    version=version,
                    buffering=settings,
                    pause_s=self._retry.longest_s,
                    pinned=lambda to: self.system(code, version=to, buffering=settings),
                )
        return known

    def register_system(  # noqa: PLR0913 - the columns of the register
        self,
        code: str,
        *,
        name: str,
        owner: str,
        purpose: str,
        role: Literal["provider", "developer", "deployer", "provider_and_deployer"],
        stage: Literal[
            "inception", "design", "verification", "deployment", "operation", "retirement"
        ],
        risk_tier: Literal["high", "limited", "minimal"],
        unit: str = "",
    ) -> System:
        """Enter an AI system in the register.

        Args:
            code: short name of small letters, digits and hyphens; it never changes.
            name: for people.
            owner: e-mail address of the person who answers for it.
            purpose: what it decides, for whom.
            role: what the organisation is towards it.
            stage: where it stands in its life cycle.
            risk_tier: how much harm it could do.
            unit: name of the unit it belongs to; blank for the organisation itself.

        Raises:
            ApiError: an input is not acceptable, or the code is taken.
        """
        self._connection.ask(
            "POST",
            "/systems",
            lambda document: document["code"],
            repeatable=False,
            json={
                "code": code,
                "name": name,
                "owner": owner,
                "unit": unit,
                "purpose": purpose,
                "role": role,
                "stage": stage,
                "risk_tier": risk_tier,
            },
        )
        return self.system(code)

    def add_evidence(  # noqa: PLR0913 - the columns of an item
        self,
        file: Path | str | bytes,
        *,
        title: str,
        kind: str,
        period_from: date,
        period_to: date,
        valid_until: date,
        source: str,
        unit: str = "",
        file_name: str = "",
        key: uuid.UUID | None = None,
    ) -> Evidence:
        """Hand a file in as evidence; it is streamed, so it may be larger than the memory.

        Args:
            file: its path, or the bytes themselves.
            title: what it is.
            kind: what sort of evidence it is, such as `report`.
            period_from: first day that it speaks of.
            period_to: last day that it speaks of.
            valid_until: last day on which it counts.
            source: where it comes from, in words.
            unit: name of the unit it belongs to; blank for the organisation itself.
            file_name: what bytes are kept under; a file has its own.
            key: the item's own, drawn here unless it is given: who lost the answer and gives the
                same key again is told that the item is there.

        Raises:
            OSError: the file cannot be read.
            ValueError: bytes were given without a name.
            ApiError: an input is not acceptable, or the file is too large or empty.
        """
        return self._hand_in(
            "PUT",
            f"/evidence/{key or uuid.uuid4()}/content",
            body_of(file, file_name),
            {
                "title": title,
                "kind": kind,
                "source": source,
                "unit": unit,
                "period_from": period_from.isoformat(),
                "period_to": period_to.isoformat(),
                "valid_until": valid_until.isoformat(),
            },
        )

    def add_version(
        self,
        evidence_id: str,
        file: Path | str | bytes,
        *,
        period_from: date,
        period_to: date,
        valid_until: date,
        source: str,
        file_name: str = "",
    ) -> Evidence:
        """Hand in the newest version of an item, streamed as by `add_evidence`.

        Raises:
            OSError: the file cannot be read.
            ValueError: bytes were given without a name.
            ApiError: there is no such item, an input is not acceptable, or the file is too large.
        """
        return self._hand_in(
            "POST",
            f"/evidence/{quote(evidence_id, safe='')}/versions",
            body_of(file, file_name),
            {
                "source": source,
                "period_from": period_from.isoformat(),
                "period_to": period_to.isoformat(),
                "valid_until": valid_until.isoformat(),
            },
        )

    def _hand_in(
        self, method: str, path: str, body: FileBody | BytesBody, details: dict[str, str]
    ) -> Evidence:
        """Stream a file, with as much patience as it is large."""
        return self._connection.ask(
            method,
            path,
            Evidence.read,
            repeatable=False,
            content=body,
            headers=body.headers,
            timeout=self._connection.timeout_for(body.size),
            params={"file_name": body.name, **details},
        )

    def link_evidence(self, evidence_id: str, target: str, *, purpose: str = "") -> str:
        """Link an item to a record, and return the id of the link.

        Args:
            target: ledger name of the record, such as `findings.finding:<id>`.
            purpose: what it shows of the record, in words.

        Raises:
            ApiError: there is no such item or record, or they are linked already.
        """
        return self._connection.ask(
            "POST",
            f"/evidence/{quote(evidence_id, safe='')}/links",
            lambda document: str(document["id"]),
            repeatable=False,
            json={"target": target, "purpose": purpose},
        )

    def evidence_requests(self, *, mine: bool = True) -> list[EvidenceRequest]:
        """Return up to 100 requests for evidence, the open ones first, by their due date.

        Args:
            mine: only those that the token's person owes.
        """
        return self._connection.ask(
            "GET", "/evidence/requests", EvidenceRequest.read_all, params={"mine": mine}
        )

    def answer_request(
        self, request_id: str, evidence_id: str, *, version: int | None = None
    ) -> EvidenceRequest:
        """Answer a request with an item.

        Args:
            version: its number; None: the newest.

        Raises:
            ApiError: there is no such request or item, or the request is closed already.
        """
        return self._connection.ask(
            "POST",
            f"/evidence/requests/{quote(request_id, safe='')}/answer",
            EvidenceRequest.read,
            repeatable=False,
            json={"evidence": evidence_id, "version": version},
        )

    def alerts(self) -> list[Alert]:
        """Return up to 200 alerts: those that wait for somebody first, then the newest."""
        return self._connection.ask("GET", "/alerts", Alert.read_all)

    def acknowledge(self, alert_id: str, note: str) -> Alert:
        """Say that somebody has looked at an alert, and what was found.

        Raises:
            ApiError: there is no such alert, or somebody has acknowledged it already.
        """
        return self._connection.ask(
            "POST",
            f"/alerts/{quote(alert_id, safe='')}/acknowledge",
            Alert.read,
            repeatable=False,
            json={"note": note},
        )

    def posture(self) -> Posture:
        """Return the computed state of every framework, as of now."""
        return self._connection.ask("GET", "/posture", Posture.read)
