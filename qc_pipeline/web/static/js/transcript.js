// The words in step with the sound: click one to hear it, the one that sounds is lit.
export class Transcript {
  constructor(player) {
    this.box = document.getElementById("transcript");
    this.words = this.#read();
    this.lit = [];
    this.turn = null;
    this.box.addEventListener("click", (event) => {
      const word = event.target.closest(".w");
      if (word && !getSelection().toString()) player.play(Number(word.dataset.s));
    });
    player.onTime((now) => this.#show(now));
  }

  #show(now) {
    for (const word of this.lit) word.node.classList.remove("now");
    this.lit = this.#at(now);
    for (const word of this.lit) word.node.classList.add("now");
    const turn = this.lit[0]?.node.closest(".turn") ?? this.turn;
    if (turn !== this.turn) {
      this.turn?.classList.remove("here");
      turn?.classList.add("here");
      this.turn = turn;
      this.scrollTo(turn);
    }
  }

  // Words of both lanes may sound at once; none is longer than a turn.
  #at(now) {
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle].start <= now) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (let n = low - 1; n >= 0 && n > low - 40; n--) {
      if (now < this.words[n].end) found.push(this.words[n]);
    }
    return found;
  }

  scrollTo(turn) {
    if (!turn) return;
    const top = turn.offsetTop - this.box.offsetTop;
    if (top < this.box.scrollTop || top + turn.offsetHeight > this.box.scrollTop + this.box.clientHeight) {
      this.box.scrollTop = top - this.box.clientHeight / 3;
    }
  }

  // The line that plays, else the one of the current finding.
  line(id) {
    return this.turn ?? (id && this.box.querySelector(`.w[data-f~="${CSS.escape(id)}"]`)?.closest(".turn"));
  }

  replace(turn, html) {
    const fresh = document.adoptNode(new DOMParser().parseFromString(html, "text/html").querySelector(".turn"));
    turn.replaceWith(fresh);
    this.turn = null;
    this.lit = [];
    this.words = this.#read();
  }

  #read() {
    return [...this.box.querySelectorAll(".w")].map((node) => ({
      node, start: Number(node.dataset.s), end: Number(node.dataset.e),
    })).sort((a, b) => a.start - b.start);
  }

  showFinding(id) {
    this.scrollTo(this.box.querySelector(`.w[data-f~="${CSS.escape(id)}"]`)?.closest(".turn"));
  }
}
