// Keys of a turn's page: n and p for the next and previous turn, digits for a verdict. Off in fields.
(() => {
  const box = document.getElementById("keys");
  if (!box) return;
  const name = "groundwire-keys";
  const stored = localStorage.getItem(name);
  box.checked = stored === null ? box.defaultChecked : stored === "on";
  box.closest("label").hidden = false;
  box.addEventListener("change", () => localStorage.setItem(name, box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (!box.checked || field || event.ctrlKey || event.altKey || event.metaKey) return;
    const link = { n: "next", p: "prev" }[event.key];
    if (link) {
      const found = document.querySelector(`a[rel=${link}]`);
      if (found) { event.preventDefault(); found.click(); }
      return;
    }
    const form = document.getElementById("label");
    const option = form && form.elements.verdict.querySelector(`option[data-key="${event.key}"]`);
    if (option) {
      event.preventDefault();
      form.elements.verdict.value = option.value;
      form.querySelector("button[value=next]").click();
    }
  });
})();
