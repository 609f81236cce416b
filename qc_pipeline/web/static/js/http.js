// Requests to our own server. A change carries the page's token; a lost session leads to the door.
const token = () => document.querySelector('meta[name="csrf"]').content;

export class Refused extends Error {
  constructor(status, message, detail) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

export async function get(address) {
  return answered(await fetch(address, { headers: { "x-csrf-token": token() } }));
}

export async function post(address, body = {}) {
  return answered(await fetch(address, {
    method: "POST",
    keepalive: true,  // what is told on leaving a page still arrives
    headers: { "content-type": "application/json", "x-csrf-token": token() },
    body: JSON.stringify(body),
  }));
}

async function answered(response) {
  const door = response.headers.get("hx-redirect");
  if (door) location.assign(door);
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Refused(response.status, told.error ?? response.statusText, told.detail ?? "");
}
