"""Run the desk with uvicorn."""

from __future__ import annotations

import ipaddress

from qc_pipeline.errors import SettingsError
from qc_pipeline.settings import Settings


def check_address(settings: Settings) -> None:
    """Raises SettingsError if passwords would cross a network unencrypted."""
    web = settings.web
    if bool(web.tls_certificate) != bool(web.tls_key):
        raise SettingsError(
            "one of web.tls_certificate and web.tls_key is missing", remedy="set both, or neither"
        )
    if web.tls_certificate or web.behind_tls_proxy or _is_this_machine(web.host):
        return
    raise SettingsError(
        f"{web.host} is open to the network, but the desk would speak plain http",
        remedy="set web.tls_certificate and web.tls_key, or web.behind_tls_proxy with a proxy "
        "on this machine, or use --host 127.0.0.1",
    )


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises SettingsError or HomeError before it begins."""
    import uvicorn

    from qc_pipeline.web.app import create_app

    check_address(settings)
    web = settings.web
    uvicorn.run(
        create_app(settings), host=web.host, port=web.port, log_level="warning",
        server_header=False, proxy_headers=web.behind_tls_proxy, forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=5, ssl_certfile=web.tls_certificate, ssl_keyfile=web.tls_key,
    )  # fmt: skip


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
