"""One user for every role, and how they sign in."""

from __future__ import annotations

import re

from qc_pipeline.settings import Settings
from qc_pipeline.web.accounts.sessions import find_session, start_session
from qc_pipeline.web.accounts.side_store import SideStore
from qc_pipeline.web.accounts.users import User, add_user
from qc_pipeline.web.roles import load_roles

PASSWORD = "一句好记又足够长的密码"
PEOPLE = {
    "reviewer": User("王芳", "reviewer"),
    "second": User("李强", "reviewer"),
    "senior_reviewer": User("周敏", "senior_reviewer"),
    "team_lead": User("赵组长", "team_lead", team="一组", agent_id="M01"),
    "compliance": User("陈合规", "compliance"),
    "second_officer": User("林合规", "compliance"),
    "collector": User("坐席A003", "collector", agent_id="A003"),
    "bank_client": User("江屿银行", "bank_client", bank="江屿银行"),
    "auditor": User("孙审计", "auditor"),
    "admin": User("管理员", "admin"),
}


def add_people(settings: Settings) -> None:
    """Make their accounts."""
    side, roles = SideStore(settings.home), load_roles()
    side.prepare()
    for user in PEOPLE.values():
        add_user(side, user, password=PASSWORD, roles=roles)


def begin_session(settings: Settings, who: str) -> tuple[str, str]:
    """A session of `who` without the password's slow hash: the cookie's value, the CSRF token."""
    side = SideStore(settings.home)
    session_id = start_session(side, PEOPLE[who], settings=settings.web)
    session = find_session(side, session_id, settings=settings.web)
    assert session is not None
    return session_id, session.csrf


def sign_in(client, who: str) -> str:
    """Sign `who` in with an HTTP client that keeps cookies; the CSRF token of his pages."""
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)[1]
    answer = client.post(
        "/login",
        data={"user": PEOPLE[who].name, "password": PASSWORD, "token": token},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    page = client.get("/account", headers={"accept": "text/html"}).text
    return re.search(r'<meta name="csrf" content="([^"]+)"', page)[1]
