// What detection would make of the corrected lines: shown beside the findings, taken up by a person.
import { get } from "./http.js";
import { askMissed } from "./dialogs.js";

export async function showCorrected(page, told) {
  const box = document.getElementById("corrected");
  if (!box) return;
  if (!document.querySelector("#transcript .corrected")) return box.replaceChildren();
  try {
    const html = await (await get(`/call/corrected?id=${encodeURIComponent(page.desk.dataset.call)}`)).text();
    const parts = new DOMParser().parseFromString(html, "text/html").body.childNodes;
    box.replaceChildren(...[...parts].map((part) => document.adoptNode(part)));
  } catch (error) {
    return told(error);
  }
  box.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("take" in button.dataset) askMissed(page, button.dataset);
    else page.findings.choose(document.getElementById(button.dataset.look));
  };
}
