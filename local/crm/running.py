"""Run the sample CRM from Python, as a process of its own."""

from __future__ import annotations

from local.crm.client import CrmClient
from local.crm.process import ServerProcess

TOKEN = "crm-demo-token"
WEBHOOK_SECRET = "whsec_c2FtcGxlLWNybS13ZWJob29rLXNlY3JldA=="


class SampleCrm(ServerProcess):
    """A sample CRM on a free port of 127.0.0.1: `with SampleCrm() as crm: crm.client().all("customers")`."""

    def __init__(
        self,
        *,
        port: int = 0,
        database: str = ":memory:",
        token: str = TOKEN,
        webhook_url: str = "",
        webhook_secret: str = WEBHOOK_SECRET,
        webhook_retries: str = "1,5,30",
    ) -> None:
        options = {
            "--port": str(port),
            "--database": database,
            "--token": token,
            "--webhook-secret": webhook_secret,
            "--webhook-url": webhook_url,
            "--webhook-retries": webhook_retries,
        }
        super().__init__("local.crm", [f"{name}={value}" for name, value in options.items()])
        self.token = token
        self.webhook_secret = webhook_secret

    def client(self) -> CrmClient:
        """Return a new client that may enter."""
        return CrmClient(self.url, self.token)

    def secret(self) -> dict[str, str]:
        """Return what another program needs to know to use this CRM: its token and the secret of its webhooks."""
        return {"token": self.token, "webhook_secret": self.webhook_secret}

    def tell(self, url: str, events: tuple[str, ...] = ("*",)) -> None:
        """Send webhooks to this address from now on, signed with this CRM's secret."""
        registration = {"url": url, "events": list(events), "secret": self.webhook_secret}
        with self.client() as client:
            client.send("POST", "/api/v1/webhooks", registration)
