// Locks the screen after the minutes the server says. The server locks by itself as well.
const minutes = Number(document.querySelector("header.top").dataset.idleMinutes);
let last = Date.now();
for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  addEventListener(kind, () => { last = Date.now(); }, { passive: true });
}
setInterval(() => {
  if (Date.now() - last > minutes * 60_000) document.getElementById("lock-form").submit();
}, 5_000);
