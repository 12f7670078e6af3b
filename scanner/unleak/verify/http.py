"""The one place that speaks HTTP to services outside AWS."""

import logging
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from typing import cast
from urllib.request import getproxies_environment, proxy_bypass

import httpx

from unleak.core.errors import UsageError
from unleak.verify import addresses
from unleak.verify.ports import Call, Failure, Reply

SECONDS = 5.0
"""That an answer may take, in each of its pieces and as a whole."""
LIMIT = 65_536
"""Bytes of an answer that are read at most."""

CONNECT, READ, TOTAL = 5.0, 10.0, 20.0
"""Seconds that a provider may take to be connected to, for each piece of its answer, and in all."""
BODY = 1 << 20
"""Bytes of a provider's answer that are read at most, before and after decompression."""
TRIED = 3
"""Addresses of one host, at most."""
HTTPS = 443

Resolve = Callable[[str, int], list[str]]


def get_json(url: str) -> object:
    """The JSON that `url` answers with status 200 to a plain GET; None for anything else.

    No redirect is followed, nothing is sent but the request, and proxies of the environment are not used.
    """
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as http,
            http.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                return None
            body, end = b"", time.monotonic() + SECONDS
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LIMIT or time.monotonic() > end:
                    return None
            return httpx.Response(200, content=body).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None


# --- providers -------------------------------------------------------------------------------------


class Forbidden(Exception):
    """The host is at an address that no key is sent to."""


class Https:
    """A `Transport` over TLS, by the environment's proxy if there is one. Threads may share it.

    A name is resolved here, and the connection goes to the address that was looked at, so that a second
    answer of its name server changes nothing. Each request has a connection of its own: connections are
    pooled by address, and hosts that share one must not share what was proved about its certificate.
    """

    def __init__(
        self,
        resolve: Resolve = addresses.resolve,
        inner: httpx.BaseTransport | None = None,
        *,
        private: bool = False,
    ) -> None:
        """`inner` takes the place of the network, in tests. `private` lets a key go to any address: only for
        hosts that the user names."""
        _quieten()
        self._resolve, self._private = resolve, private
        self._proxies = getproxies_environment()
        context = _trust() if inner is None else None
        self._direct = inner or _transport(context)
        self._proxied = {
            address: inner or _transport(context, address)
            for name in ("https", "all") if (address := self._proxies.get(name))
        }  # fmt: skip

    def send(self, call: Call) -> Reply | Failure:
        with _failures(proxied := bool(self._proxy(call.host))) as failed:
            return self._through_proxy(call) if proxied else self._directly(call)
        return failed[0]

    def _proxy(self, host: str) -> str:
        """The address of the proxy for `host`; empty if it is reached directly."""
        proxy = self._proxies.get("https") or self._proxies.get("all") or ""
        return "" if proxy and proxy_bypass(host) else proxy

    def _through_proxy(self, call: Call) -> Reply:
        """The proxy resolves the name again; here it is looked at as well as this machine can."""
        try:
            self._check(self._resolve(call.host, HTTPS))
        except OSError:
            if call.chosen:
                raise Forbidden from None  # nobody but the scanned text vouches for this name
        return _exchange(self._proxied[self._proxy(call.host)], _request(call))

    def _directly(self, call: Call) -> Reply:
        request = _request(call)
        url, port = request.url, request.url.port or HTTPS
        found = self._check(self._resolve(call.host, port))[:TRIED]
        for number, address in enumerate(found, 1):
            request.url = url.copy_with(host=address)
            request.extensions = {**request.extensions, "sni_hostname": call.host}
            try:
                return _exchange(self._direct, request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(found):
                    raise
        raise OSError

    def _check(self, found: Sequence[str]) -> Sequence[str]:
        """`found`, all of them public."""
        if not (self._private or all(map(addresses.public, found))):
            raise Forbidden
        return found


# --- a server of the user's own --------------------------------------------------------------------


class Server:
    """Such as a secret store: at whatever address the user names, and without any proxy."""

    def __init__(
        self,
        address: str,
        headers: tuple[tuple[str, str], ...],
        certificates: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`headers` go with every request; `certificates` is a file to trust instead of the usual ones.

        `context` is for those that want more than that of TLS.
        """
        _quieten()
        self._address, self._headers = address, headers
        self._transport = _transport(context or _trust(certificates))

    def send(self, method: str, path: str, content: bytes = b"") -> Reply | Failure:
        """The answer. Never raises for what the network does, and follows no redirect."""
        call = Call(method, self._address + path, self._headers, content, host="")
        with _failures(proxied=False) as failed:
            return _exchange(self._transport, _request(call))
        return failed[0]


# --- both ------------------------------------------------------------------------------------------


def _quieten() -> None:
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log addresses and headers in clear


def _transport(context: ssl.SSLContext | None, proxy: str = "") -> httpx.BaseTransport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    try:
        return httpx.HTTPTransport(
            verify=context or True,
            trust_env=False,
            limits=limits,
            proxy=httpx.Proxy(proxy) if proxy else None,
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        hint = "set HTTPS_PROXY to an http:// or https:// address, or NO_PROXY to * to go without"
        raise UsageError("the proxy of the environment is of a kind that is not supported", hint) from None


def _trust(certificates: str = "") -> ssl.SSLContext:
    """The certificates of that file; else those that the environment names, else certifi's."""
    try:
        return ssl.create_default_context(cafile=certificates) if certificates else httpx.create_ssl_context()
    except (OSError, ssl.SSLError):
        names = certificates or "SSL_CERT_FILE or SSL_CERT_DIR names"
        hint = "it has to name a readable file of certificates in PEM"
        raise UsageError(f"the certificates that {names} cannot be read", hint) from None


def _request(call: Call) -> httpx.Request:
    own = [
        ("User-Agent", f"unleak/{version('unleak')}"),
        ("Accept", "application/json, */*;q=0.5"),
        ("Accept-Encoding", "gzip"),
    ]
    given = {name.lower() for name, _ in call.headers}
    headers = [*(pair for pair in own if pair[0].lower() not in given), *call.headers]
    timeout = httpx.Timeout(READ, connect=CONNECT).as_dict()
    return httpx.Request(
        call.method, call.url, headers=headers, content=call.content or None, extensions={"timeout": timeout}
    )


def _exchange(transport: httpx.BaseTransport, request: httpx.Request) -> Reply:
    """Send, and read as much of the answer as is of use."""
    end = time.monotonic() + TOTAL
    response = transport.handle_request(request)
    with closing(response):
        raw, whole = b"", True
        for chunk in cast(httpx.SyncByteStream, response.stream):  # as sent: decompression is bounded below
            raw += chunk
            if time.monotonic() > end:
                raise httpx.ReadTimeout("")
            if len(raw) > BODY:
                raw, whole = raw[:BODY], False
                break
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, complete = _plain(raw, headers.get("content-encoding", ""))
    return Reply(response.status_code, headers, body, whole and complete)


def _plain(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    """The body without its compression, at most BODY bytes of it, and whether that is all."""
    match encoding.strip().lower():
        case "" | "identity":
            return raw, True
        case "gzip" | "x-gzip" | "deflate":
            inflater = zlib.decompressobj(wbits=47)
            try:
                body = inflater.decompress(raw, BODY)
            except zlib.error:
                return b"", False
            return body, inflater.eof
        case _:
            return b"", False


@contextmanager
def _failures(proxied: bool) -> Iterator[list[Failure]]:
    """Turns what the network raises into a failure with words of ours."""
    failed: list[Failure] = []
    try:
        yield failed
    except Forbidden:
        failed.append(Failure("its host is at an address that is not public"))
    except httpx.ProxyError:
        failed.append(Failure("the proxy does not let the request through", unreachable=True))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        failed.append(_unconnected(error, proxied))
    except httpx.TimeoutException:
        failed.append(Failure("no answer came in time"))
    except (OSError, UnicodeError):
        failed.append(Failure("the name of its host is not known here", unreachable=True))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        failed.append(Failure("what came is no answer of HTTP"))


def _unconnected(error: httpx.TransportError, proxied: bool) -> Failure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = " (if a proxy reads along, SSL_CERT_FILE names its certificate)"
            return Failure(f"its host has no certificate that is trusted{hint}")
        cause = cause.__cause__ or cause.__context__
    return Failure(f"no connection to its {'proxy' if proxied else 'host'}", unreachable=True)
