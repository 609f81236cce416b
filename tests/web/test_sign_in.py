"""Signing in: sessions that can't be forced on anybody, tokens, pauses, the idle lock."""

from __future__ import annotations

import re
import sqlite3

import pytest
from starlette.testclient import TestClient

from qc_pipeline.errors import SettingsError
from qc_pipeline.registers.access_log import read_accesses, verify_accesses
from qc_pipeline.settings import Settings, WebSettings
from qc_pipeline.web.accounts.users import User, add_user, set_active
from qc_pipeline.web.app import create_app
from qc_pipeline.web.roles import load_roles
from qc_pipeline.web.serve import check_address
from tests.web.people import PASSWORD, PEOPLE, sign_in

NAME = PEOPLE["reviewer"].name


def attempt(client: TestClient, password: str, user: str = NAME):
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)[1]
    return client.post("/login", data={"user": user, "password": password, "token": token})


def actions(settings: Settings) -> list[str]:
    return [entry.action for entry in read_accesses(settings.home)]


def age(settings: Settings, column: str, seconds: float) -> None:
    """As if so much time had passed."""
    with sqlite3.connect(settings.home / "desk.sqlite3") as connection:
        connection.execute(f"UPDATE sessions SET {column} = {column} - ?", (seconds,))


def test_a_session_from_outside_is_never_taken_over(client: TestClient) -> None:
    client.cookies.set("qc_session", "chosen-by-an-attacker")
    sign_in(client, "reviewer")
    assert client.cookies.get("qc_session", domain="testserver.local") != "chosen-by-an-attacker"
    stranger = TestClient(client.app, cookies={"qc_session": "chosen-by-an-attacker"})
    assert (
        stranger.get("/queue", headers={"accept": "text/html"}, follow_redirects=False).status_code
        == 303
    )


def test_every_sign_in_begins_another_session(client: TestClient) -> None:
    sign_in(client, "reviewer")
    first = client.cookies["qc_session"]
    client.cookies.clear()
    sign_in(client, "reviewer")
    assert client.cookies["qc_session"] != first


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: TestClient) -> None:
    answer = attempt(client, PASSWORD)
    [cookie] = [c for c in answer.headers.get_list("set-cookie") if c.startswith("qc_session")]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


def test_behind_https_cookies_are_secure(home: Settings) -> None:
    web = home.web.model_copy(update={"behind_tls_proxy": True})
    client = TestClient(create_app(home.model_copy(update={"web": web})), base_url="https://desk",
                        follow_redirects=False)  # fmt: skip
    answer = attempt(client, PASSWORD)
    assert all("Secure" in c for c in answer.headers.get_list("set-cookie") if "qc_session" in c)
    assert "max-age" in answer.headers["strict-transport-security"]


def test_passwords_do_not_cross_a_network_in_clear() -> None:
    with pytest.raises(SettingsError, match="plain http"):
        check_address(Settings(web=WebSettings(host="0.0.0.0")))
    check_address(Settings(web=WebSettings(host="0.0.0.0", behind_tls_proxy=True)))
    check_address(Settings(web=WebSettings(host="127.0.0.1")))


def test_a_sign_in_form_of_another_site_is_refused(client: TestClient) -> None:
    data = {"user": NAME, "password": PASSWORD, "token": "made up"}
    assert client.post("/login", data=data).status_code == 403
    client.get("/login")
    assert client.post("/login", data=data).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/lock",
        "/logout",
        "/account/locale",
        "/users",
        "/call/reveal",
        "/verdicts/confirm",
        "/audio/listen?id=s01",
    ],
)
def test_a_change_without_the_token_is_refused(person, address: str) -> None:
    somebody = person("senior_reviewer")
    for headers in ({}, {"x-csrf-token": "made up"}, {"x-csrf-token": ""}):
        assert somebody.client.post(address, headers=headers).status_code == 403


def test_another_persons_token_does_not_count(person) -> None:
    one, other = person("reviewer"), person("second")
    one.csrf = other.csrf
    assert one.post("/lock").status_code == 403


def test_a_request_from_another_site_is_refused_even_with_the_token(person) -> None:
    somebody = person("reviewer")
    headers = {"x-csrf-token": somebody.csrf, "sec-fetch-site": "cross-site"}
    assert somebody.client.post("/lock", headers=headers).status_code == 403


def test_wrong_passwords_make_one_wait(client: TestClient, home: Settings) -> None:
    for _ in range(home.web.failures_per_user):
        assert attempt(client, "wrong wrong wrong").status_code == 401
    assert attempt(client, PASSWORD).status_code == 429
    with sqlite3.connect(home.home / "desk.sqlite3") as connection:
        connection.execute("UPDATE failures SET at = at - 3600")
    assert attempt(client, PASSWORD).status_code == 303
    assert actions(home).count("session.sign_in_failed") == home.web.failures_per_user


def test_an_unknown_name_answers_as_a_wrong_password_does(client: TestClient) -> None:
    known, unknown = attempt(client, "wrong wrong wrong"), attempt(client, "x", user="nobody")
    assert known.status_code == unknown.status_code == 401
    assert "用户名或密码不正确" in known.text
    assert "用户名或密码不正确" in unknown.text


def test_letter_case_and_width_make_no_second_person(home: Settings) -> None:
    from qc_pipeline.errors import AccountError
    from qc_pipeline.web.accounts.side_store import SideStore

    side = SideStore(home.home)
    add_user(side, User("Wang", "reviewer"), password=PASSWORD, roles=load_roles())
    with pytest.raises(AccountError, match="already"):
        add_user(side, User("ＷＡＮＧ", "reviewer"), password=PASSWORD, roles=load_roles())
    with pytest.raises(AccountError, match="whose is not said"):
        add_user(side, User("lead", "team_lead"), password=PASSWORD, roles=load_roles())
    with pytest.raises(AccountError, match="at least 10"):
        add_user(side, User("short", "reviewer"), password="short", roles=load_roles())


def test_an_idle_screen_locks_and_the_password_opens_it(person, home: Settings) -> None:
    somebody = person("reviewer")
    age(home, "seen_at", home.web.idle_lock_minutes * 60 + 1)
    answer = somebody.get("/queue")
    assert (answer.status_code, answer.headers["location"]) == (303, "/unlock")
    assert somebody.client.post("/audio/listen?id=s01").status_code == 423
    locked = somebody.get("/unlock").text
    assert "屏幕已锁定" in locked
    token = re.search(r'name="csrf" value="([^"]+)"', locked)[1]
    data = {"password": "wrong wrong wrong", "csrf": token}
    assert somebody.client.post("/unlock", data=data).status_code == 401
    before = somebody.client.cookies["qc_session"]
    assert somebody.client.post("/unlock", data={**data, "password": PASSWORD}).status_code == 303
    assert somebody.client.cookies["qc_session"] != before
    assert somebody.get("/queue").status_code == 200


def test_a_session_is_over_after_its_hours(person, home: Settings) -> None:
    somebody = person("reviewer")
    age(home, "started_at", home.web.session_hours * 3600 + 1)
    assert somebody.get("/queue").headers["location"] == "/login"


def test_a_closed_account_is_out_at_once(person, home: Settings) -> None:
    from qc_pipeline.web.accounts.side_store import SideStore

    somebody = person("reviewer")
    set_active(SideStore(home.home), NAME, active=False)
    assert somebody.get("/queue").headers["location"] == "/login"
    assert attempt(somebody.client, PASSWORD).status_code == 401


def test_signing_in_and_out_is_logged(client: TestClient, home: Settings) -> None:
    token = sign_in(client, "reviewer")
    assert client.post("/logout", headers={"x-csrf-token": token}).status_code == 303
    answer = client.get("/queue", headers={"accept": "text/html"})
    assert answer.headers["location"] == "/login"
    assert actions(home)[1:] == ["session.signed_in", "session.signed_out"]
    assert verify_accesses(home.home, keys=home.keys)[1] is None


def test_the_file_of_sessions_holds_no_usable_session(person, home: Settings) -> None:
    somebody = person("reviewer")
    content = b"".join(path.read_bytes() for path in home.home.glob("desk.sqlite3*"))
    assert somebody.client.cookies["qc_session"].encode() not in content
    assert PASSWORD.encode() not in content
    assert (home.home / "desk.sqlite3").stat().st_mode & 0o077 == 0


def test_pages_carry_the_headers_and_no_script_or_style_of_their_own(person) -> None:
    somebody = person("senior_reviewer")
    for address in ("/queue", "/call?id=s01", "/account"):
        answer = somebody.get(address)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", answer.text)
