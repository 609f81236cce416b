// The findings of a call: which one is current, and verdicts on it.
import { get, post } from "./http.js";

export class Findings {
  constructor({ call, player, transcript, say }) {
    Object.assign(this, { call, player, transcript, say });
    this.#listen();
    this.choose(this.cards().find((card) => card.dataset.waiting) ?? this.cards()[0], { play: false });
  }

  get section() { return document.getElementById("findings"); }

  cards() { return [...document.querySelectorAll("#findings .finding")]; }

  #listen() {
    this.section.addEventListener("click", (event) => {
      const card = event.target.closest(".finding");
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.seek) this.player?.play(Number(button.dataset.seek));
      else if (button.classList.contains("choose")) this.choose(card);
      else if (button.dataset.do) this.act(button.dataset.do);
      else if (button.dataset.reason) this.reject(button.dataset.reason);
      else if ("send" in button.dataset) this.#send(card);
    });
    this.section.addEventListener("keydown", (event) => {
      if (event.target.matches("textarea") && event.code === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#send(event.target.closest(".finding"));
      }
    });
    this.#showHistory();
  }

  choose(card, { play = true } = {}) {
    this.current?.classList.remove("current");
    this.current = card ?? null;
    if (!card) return;
    card.classList.add("current");
    for (const other of this.cards()) other.querySelector(".choose").setAttribute("aria-expanded", String(other === card));
    card.scrollIntoView({ block: "nearest" });
    this.transcript.showFinding(card.dataset.id);
    if (play) this.play();
  }

  step(by) {
    const all = this.cards();
    const at = all.indexOf(this.current);
    this.choose(all[Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  play() {
    const { from, to } = this.current?.dataset ?? {};
    if (from === undefined || from === "" || !this.player) return;
    this.player.play(Number(from), Number(to)).catch((error) => {
      // A pause that comes before the sound has begun is no refusal of the browser's.
      if (error.name === "NotAllowedError") this.say("press_space");
      else if (error.name !== "AbortError") this.say(null, error.message);
    });
  }

  get asking() { return this.current?.querySelector(".reasons:not([hidden])") ?? null; }

  askReason() {
    const reasons = this.current?.querySelector(".reasons");
    if (!reasons) return;
    reasons.hidden = !reasons.hidden;
    this.current.querySelector('[data-do="reject"]').setAttribute("aria-expanded", String(!reasons.hidden));
    reasons.scrollIntoView({ block: "nearest" });
  }

  // A key while the reasons are open chooses one of them.
  reasonKey(key) {
    const button = [...(this.asking?.querySelectorAll("[data-reason]") ?? [])].find((one) => one.dataset.key === key);
    if (button) this.reject(button.dataset.reason);
    return Boolean(this.asking);
  }

  // What a button or a key asks for; only what the current finding offers is done.
  async act(what) {
    const id = this.current?.dataset.id;
    if (!this.current?.querySelector(`[data-do="${what}"]`)) return;
    if (what === "reject") this.askReason();
    else if (what === "confirm") await this.#decide("/verdicts/confirm", { finding_id: id });
    else if (what === "unsure") await this.#decide("/verdicts/unsure", { finding_id: id });
    else if (what === "undo") await this.undo(id);
    else if (what === "spoke") await this.#decide("/verdicts/confirm", { finding_id: id, responsible_party: "agent" });
    else if (what === "recode") await this.#recode(id);
  }

  async #recode(id) {
    const pick = (name) => this.current.querySelector(`.otherwise [name="${name}"]`).value;
    await this.#decide("/verdicts/confirm", { finding_id: id, code: pick("code"), severity: pick("severity") });
  }

  // Takes back the last word spoken on this page, or on the finding named.
  async undo(id = this.lastDecided) {
    if (id) await this.#decide("/verdicts/undo", { finding_id: id }, { stay: true });
  }

  async addMissed(body) {
    await this.#decide("/verdicts/missed", { call_id: this.call, ...body }, { stay: true });
  }

  async reject(reason, note = null) {
    const button = this.current?.querySelector(`[data-reason="${reason}"]`);
    if (!button) return;
    if (button.dataset.note && !note) {
      const box = this.current.querySelector(".reasons .note");
      box.hidden = false;
      box.dataset.reason = reason;
      box.querySelector("textarea").focus();
      return;
    }
    await this.#decide("/verdicts/reject", { finding_id: this.current.dataset.id, reason, note });
  }

  #send(card) {
    const box = card.querySelector(".reasons .note");
    const note = box.querySelector("textarea").value.trim();
    if (note) this.reject(box.dataset.reason, note);
  }

  async #decide(address, body, { stay = false } = {}) {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.player?.tell();
      const panel = await (await post(address, body)).text();
      this.lastDecided = stay ? null : body.finding_id;
      this.#replace(panel, body.finding_id ?? this.current?.dataset.id, stay);
    } catch (error) {
      this.say(null, [error.message, error.detail].filter(Boolean).join(" "));
    } finally {
      this.busy = false;
    }
  }

  #replace(html, decided, stay) {
    const showing = !document.getElementById("suppressed")?.hidden;
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("findings");
    this.section.replaceWith(document.adoptNode(fresh));
    this.#listen();
    const box = document.getElementById("suppressed");
    if (box) box.hidden = !showing;
    this.onchange?.();
    const next = stay ? null : this.cards().find((card) => card.dataset.waiting && card.querySelector("[data-do=confirm]") && card.dataset.id !== decided);
    const card = next ?? this.cards().find((one) => one.dataset.id === decided);
    this.choose(card, { play: Boolean(next) });
    if (!next && !stay) {
      this.player?.pause();
      this.say("all_done");
    }
  }

  async #showHistory() {
    if (!this.section.dataset.history) return;
    try {
      const html = await (await get(`/call/history?id=${encodeURIComponent(this.call)}`)).text();
      const parts = new DOMParser().parseFromString(html, "text/html").body.childNodes;
      document.getElementById("history").replaceChildren(...[...parts].map((part) => document.adoptNode(part)));
    } catch { /* it stays closed */ }
  }
}
