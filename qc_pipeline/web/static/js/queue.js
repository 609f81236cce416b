// The queue by keyboard: j and k choose a call, Enter opens it.
import { onKeys } from "./keyboard.js";

const rows = () => [...document.querySelectorAll("tr.task")];
let current = -1;

function choose(step) {
  const all = rows();
  if (!all.length) return;
  all[current]?.classList.remove("current");
  current = Math.min(all.length - 1, Math.max(0, current + step));
  all[current].classList.add("current");
  all[current].querySelector("a").focus({ preventScroll: true });
  all[current].scrollIntoView({ block: "nearest" });
}

onKeys({ KeyJ: () => choose(1), KeyK: () => choose(-1) });

document.getElementById("rows")?.addEventListener("click", (event) => {
  const row = event.target.closest("tr.task");
  if (row && !event.target.closest("a")) location.assign(row.dataset.href);
});
