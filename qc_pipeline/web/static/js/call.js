// The page of a call: puts player, transcript, findings and keys together; has the next call ready.
import { get, post } from "./http.js";
import { onKeys } from "./keyboard.js";
import { Player } from "./waveform.js";
import { Transcript } from "./transcript.js";
import { Findings } from "./findings.js";
import { askLine, askMissed } from "./dialogs.js";
import { showCorrected } from "./corrected.js";

const SPEEDS = ["1", "1.25", "1.5", "1.75", "2"];
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
let page = null;
let hush = null;

function open() {
  const desk = document.getElementById("call");
  const player = desk.dataset.recording ? new Player(desk) : null;
  const silent = { play: async () => {}, onTime() {}, tell: async () => {}, pause() {}, toggle: async () => {}, skip: async () => {} };
  const transcript = new Transcript(player ?? silent);
  const findings = new Findings({ call: desk.dataset.call, player, transcript, say });
  page = { desk, player: player ?? silent, transcript, findings, following: null };
  if (player) {
    settings(player);
    player.onregion = (id, start) => {
      const card = id && document.getElementById(id);
      if (card?.classList.contains("finding")) findings.choose(card);
      else player.play(start);
    };
    player.draw().then(() => player.mark(regions())).catch((error) => say(null, error.message));
    if (desk.dataset.queue && document.getElementById("autoplay").checked) findings.play();
  }
  findings.onchange = () => { player?.mark(regions()); showCorrected(page, told); };
  showCorrected(page, told);
  document.getElementById("facts").addEventListener("click", (event) => {
    const seek = event.target.closest("[data-seek]")?.dataset.seek;
    if (seek) page.player.play(Number(seek));
  });
  document.getElementById("help-button").addEventListener("click", help);
  document.getElementById("next-call")?.addEventListener("click", (event) => { event.preventDefault(); next(); });
  if (desk.dataset.queue && desk.dataset.judges) takeCall(desk);
  if (desk.dataset.following) prepare(desk.dataset.following);
}

// The call is this reviewer's for some minutes; if it is somebody else's, the page says so.
async function takeCall(desk) {
  try {
    const { said } = await (await post(`/queue/take?id=${encodeURIComponent(desk.dataset.call)}`)).json();
    if (said) say(null, said);
  } catch { /* it can be reviewed all the same */ }
}

// Whoever leaves a call gives it back: nobody else may speak on it until then.
function leave() {
  const { queue, judges, call } = page.desk.dataset;
  if (queue && judges) post(`/queue/release?id=${encodeURIComponent(call)}`).catch(() => {});
}

// Chosen once, kept for this browser: no personal data is.
function settings(player) {
  const speed = document.getElementById("speed");
  const autoplay = document.getElementById("autoplay");
  speed.value = localStorage.getItem("speed") ?? "1.5";
  autoplay.checked = localStorage.getItem("autoplay") !== "no";
  const apply = () => { player.audio.playbackRate = player.audio.defaultPlaybackRate = Number(speed.value); localStorage.setItem("speed", speed.value); };
  speed.addEventListener("change", apply);
  autoplay.addEventListener("change", () => localStorage.setItem("autoplay", autoplay.checked ? "yes" : "no"));
  apply();
  const play = document.getElementById("play");
  play.addEventListener("click", () => player.toggle().catch(told));
  document.getElementById("again").addEventListener("click", () => page.findings.play());
  document.getElementById("show-suppressed").addEventListener("change", () => player.mark(regions()));
  player.audio.addEventListener("play", () => play.setAttribute("aria-pressed", "true"));
  player.audio.addEventListener("pause", () => play.setAttribute("aria-pressed", "false"));
  const time = document.getElementById("time");
  player.onTime((now) => { time.value = `${clock(now)} / ${clock(player.duration ?? 0)}`; });
}

function regions() {
  const showing = document.getElementById("show-suppressed")?.checked ?? false;
  const box = document.getElementById("suppressed");
  if (box) box.hidden = !showing;
  const placed = (node) => node.dataset.start !== "" && node.dataset.end !== "";
  const list = page.findings.cards().filter(placed).map((card) => ({
    id: card.dataset.id, start: Number(card.dataset.start), end: Number(card.dataset.end), kind: card.dataset.severity,
  }));
  if (showing) {
    for (const one of [...document.querySelectorAll(".suppressed")].filter(placed)) {
      list.push({ start: Number(one.dataset.start), end: Number(one.dataset.end), kind: "suppressed" });
    }
  }
  return list;
}

// The next call is fetched before the verdict on this one is in; its waveform is made meanwhile.
async function prepare(address) {
  const asked = page;
  try {
    const html = await (await get(address)).text();
    asked.following = { address, html };
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("call");
    asked.desk.dataset.prepared = "1";
    if (fresh?.dataset.recording) await get(`/audio/peaks?id=${encodeURIComponent(fresh.dataset.call)}`);
  } catch { /* it is fetched when it is wanted */ }
}

function next() {
  const address = page.desk.dataset.following;
  if (!address) return toQueue();
  const ready = page.following;
  if (!ready) return location.assign(address);
  page.player.close?.();
  leave();
  const fresh = new DOMParser().parseFromString(ready.html, "text/html");
  document.getElementById("call").replaceWith(document.adoptNode(fresh.getElementById("call")));
  document.title = fresh.title;
  history.pushState({}, "", ready.address);
  open();
}

function toQueue() {
  const back = document.querySelector('.call-head a[href^="/queue"]');
  location.assign(back ? back.href : "/queue");
}

function say(key, text = null) {
  const words = { press_space: "pressSpace", all_done: "allDone" };
  const box = document.getElementById("said");
  box.textContent = text ?? box.dataset[words[key]] ?? "";
  clearTimeout(hush);
  hush = setTimeout(() => { box.textContent = ""; }, 4000);
}

const told = (error) => { if (error.name !== "AbortError") say(null, error.message); };

function help() {
  const dialog = document.getElementById("keys");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function faster(by) {
  const speed = document.getElementById("speed");
  if (!speed) return;
  const at = SPEEDS.indexOf(speed.value) + by;
  speed.value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))];
  speed.dispatchEvent(new Event("change"));
}

function suppressed() {
  const box = document.getElementById("show-suppressed");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change"));
}

// A number chooses a reason while the reasons are open, else it is a verdict.
const number = (key, verdict) => () => { if (!page.findings.reasonKey(key)) verdict?.(); };

onKeys({
  Space: () => page.player.toggle().catch(told),
  KeyJ: () => page.findings.step(1),
  KeyK: () => page.findings.step(-1),
  KeyR: () => page.findings.play(),
  Digit1: number("1", () => page.findings.act("confirm")),
  Digit2: number("2", () => page.findings.act("reject")),
  Digit3: number("3", () => page.findings.act("unsure")),
  ...Object.fromEntries([4, 5, 6, 7, 8, 9].map((n) => [`Digit${n}`, number(String(n))])),
  ArrowLeft: () => page.player.skip(-3).catch(told),
  ArrowRight: () => page.player.skip(3).catch(told),
  BracketLeft: () => faster(-1),
  BracketRight: () => faster(1),
  KeyU: () => page.findings.undo(),
  KeyM: () => askMissed(page),
  KeyE: () => askLine(page, told, () => showCorrected(page, told)),
  KeyS: suppressed,
  KeyN: next,
  KeyQ: toQueue,
  "Shift+Slash": help,
  Escape: () => { if (page.findings.asking) page.findings.askReason(); },
});

addEventListener("popstate", () => location.reload());
addEventListener("pagehide", () => { page.player.tell(); leave(); });
open();
