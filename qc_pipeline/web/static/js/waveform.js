// The sound of a call: waveform from stored peaks, the audio by ranges, and what was played.
import { get, post } from "./http.js";

const LANES = { agent: ["#8fb8cf", "#2a6f97"], customer: ["#cfc39a", "#8a7430"], unknown: ["#c3cad0", "#6b7883"] };
const COLOURS = { critical: "rgba(168,32,26,.22)", major: "rgba(199,122,29,.24)", minor: "rgba(120,150,60,.24)", info: "rgba(85,100,111,.2)", suppressed: "rgba(85,100,111,.12)" };
const TOLD_EVERY_MS = 4000;

export class Player {
  constructor(desk) {
    this.call = desk.dataset.call;
    this.audio = document.getElementById("audio");
    this.until = null;
    this.spans = [];
    this.listeners = [];
    this.lanes = desk.dataset.lanes.split(",");
    this.closed = false;
    this.audio.addEventListener("timeupdate", () => this.#tick());
    this.audio.addEventListener("seeking", () => { this.at = null; });
    this.audio.addEventListener("play", () => this.#follow());
    this.audio.addEventListener("pause", () => { this.#tick(); this.tell(); });
  }

  async draw() {
    const shape = await (await get(`/audio/peaks?id=${encodeURIComponent(this.call)}`)).json();
    if (this.closed) return;
    const many = shape.channels.length;
    this.surfer = WaveSurfer.create({
      container: "#waveform",
      media: this.audio,
      peaks: shape.channels,
      duration: shape.duration_s,
      height: many > 1 ? 48 : 96,
      barWidth: 2, barGap: 1, barRadius: 1, normalize: true, cursorColor: "#0b78b8",
      waveColor: LANES.unknown[0], progressColor: LANES.unknown[1],
      cspNonce: document.querySelector('meta[name="csp-nonce"]').content,
      splitChannels: many > 1
        ? shape.channels.map((_, lane) => {
            const [waveColor, progressColor] = LANES[this.lanes[lane]] ?? LANES.unknown;
            return { waveColor, progressColor, height: 48 };
          })
        : undefined,
    });
    this.regions = this.surfer.registerPlugin(WaveSurfer.Regions.create());
    this.regions.on("region-clicked", (region, event) => {
      event.stopPropagation();
      this.onregion?.(region.id, region.start);
    });
    this.surfer.on("interaction", (seconds) => this.play(seconds));
    this.duration = shape.duration_s;
    await new Promise((drawn) => this.surfer.once("ready", drawn));
  }

  mark(list) {
    if (!this.regions) return;
    this.regions.clearRegions();
    for (const { id, start, end, kind } of list) {
      this.regions.addRegion({ id, start, end: Math.max(end, start + 0.2), color: COLOURS[kind] ?? COLOURS.info, drag: false, resize: false });
    }
  }

  // One audited access a listen: the address of the sound is given after its entry is written.
  async #ready() {
    this.listening ??= (async () => {
      const listen = await (await post(`/audio/listen?id=${encodeURIComponent(this.call)}`)).json();
      this.played = listen.played;
      this.audio.src = listen.audio;
      await new Promise((done, failed) => {
        this.audio.addEventListener("loadedmetadata", done, { once: true });
        this.audio.addEventListener("error", failed, { once: true });
        this.audio.preload = "auto";
        this.audio.load();
      });
    })();
    try {
      await this.listening;
    } catch (error) {
      this.listening = null;
      throw error;
    }
  }

  async play(from = null, to = null) {
    await this.#ready();
    if (from !== null) this.audio.currentTime = Math.max(0, from);
    this.until = to;
    await this.audio.play();
  }

  pause() { this.audio.pause(); }

  async toggle() {
    if (this.audio.paused) await this.play(null, this.until > this.audio.currentTime ? this.until : null);
    else this.pause();
  }

  async skip(seconds) {
    await this.#ready();
    this.audio.currentTime = Math.max(0, this.audio.currentTime + seconds);
  }

  onTime(listener) { this.listeners.push(listener); }

  // Tell the server which seconds were played. A verdict waits for this.
  async tell() {
    if (!this.played || !this.spans.length) return;
    const spans = this.spans;
    this.spans = [];
    this.toldAt = Date.now();
    try {
      await post(this.played, { spans });
    } catch (error) {
      if (error.status !== 400) this.spans = spans.concat(this.spans);
    }
  }

  #follow() {
    const step = () => {
      this.#tick();
      if (!this.audio.paused && !this.closed) requestAnimationFrame(step);
    };
    step();
  }

  #tick() {
    const now = this.audio.currentTime;
    if (this.at !== null && this.at !== undefined && now > this.at && now - this.at < 1.5) {
      const last = this.spans.at(-1);
      if (last && Math.abs(last[1] - this.at) < 0.01) last[1] = now;
      else this.spans.push([this.at, now]);
    }
    this.at = this.audio.paused ? null : now;
    if (this.until !== null && now >= this.until) {
      this.until = null;
      this.pause();
    }
    for (const listener of this.listeners) listener(now);
    if (Date.now() - (this.toldAt ?? 0) > TOLD_EVERY_MS && !this.audio.paused) {
      this.toldAt = Date.now();
      this.tell();
    }
  }

  close() {
    this.closed = true;
    this.pause();
    this.tell();
    this.surfer?.destroy();
  }
}
