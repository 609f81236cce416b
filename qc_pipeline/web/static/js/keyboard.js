// Keys by their place on the keyboard (KeyboardEvent.code): an input method changes what a key
// writes, not where it is. A key that is being composed, or typed into a field, is left alone.
export function onKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("textarea, select, input:not([type=checkbox]):not([type=radio])");
    if (typing && event.code !== "Escape") return;
    if (event.target.closest("dialog") && event.code !== "Escape") return;
    const name = event.shiftKey ? `Shift+${event.code}` : event.code;
    const action = actions[name];
    if (!action) return;
    // A focused button keeps its own space and enter.
    if ((event.code === "Enter" || event.code === "NumpadEnter") && event.target.closest("button, a")) return;
    event.preventDefault();
    action(event);
  }, true);
}
