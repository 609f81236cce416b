// Two small forms over the call: a finding the machine missed, a line it misheard.
import { post } from "./http.js";

function ask(id, fill, send) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  const form = dialog.querySelector("form");
  form.reset();
  fill(form.elements);
  dialog.onclose = () => {
    if (dialog.returnValue === "send") send(form.elements);
  };
  dialog.returnValue = "";
  dialog.showModal();
}

// At the playhead: the line that plays, or two seconds around it; or as a `proposal` has it.
export function askMissed(page, proposal = null) {
  const turn = proposal ? lineOf(proposal.index) : page.transcript.line(null);
  const now = page.player.audio?.currentTime ?? 0;
  page.player.pause();
  ask("miss", (fields) => {
    fields.start_s.value = (turn ? Number(turn.dataset.start) : Math.max(0, now - 2)).toFixed(1);
    fields.end_s.value = (turn ? Number(turn.dataset.end) : now + 2).toFixed(1);
    const follow = () => { fields.severity.value = fields.code.selectedOptions[0].dataset.severity; };
    fields.code.onchange = follow;
    if (proposal) fields.code.value = proposal.code;
    follow();
    if (proposal) {
      fields.severity.value = proposal.severity;
      if (proposal.start) fields.start_s.value = Number(proposal.start).toFixed(1);
      if (proposal.end) fields.end_s.value = Number(proposal.end).toFixed(1);
    }
    fields.note.focus();
  }, (fields) => page.findings.addMissed({
    code: fields.code.value, severity: fields.severity.value, note: fields.note.value,
    start_s: Number(fields.start_s.value), end_s: Number(fields.end_s.value),
    utterance_index: turn ? Number(turn.dataset.index) : null,
  }));
}

const lineOf = (index) => (index === "" ? null : document.querySelector(`#transcript .turn[data-index="${CSS.escape(index)}"]`));

export function askLine(page, told, after) {
  const turn = page.transcript.line(page.findings.current?.dataset.id);
  if (!turn) return;
  page.player.pause();
  const known = turn.querySelector(".corrected") ?? null;
  const words = [...turn.querySelectorAll(".w")].map((word) => word.textContent).join("");
  ask("line", (fields) => {
    fields.text.value = known ? known.dataset.text : words;
  }, async (fields) => {
    const body = { call_id: page.desk.dataset.call, index: Number(turn.dataset.index), text: fields.text.value };
    try {
      page.transcript.replace(turn, await (await post("/verdicts/line", body)).text());
      after?.();
    } catch (error) {
      told(error);
    }
  });
}
