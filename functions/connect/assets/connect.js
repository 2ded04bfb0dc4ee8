// Improves what works without it: live search, and a busy state while a form is on its way.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button.main");
    if (button) { button.setAttribute("aria-busy", "true"); button.textContent = button.dataset.busy || button.textContent; }
  });
}
const search = document.querySelector("input[type=search]");
if (search) {
  const rows = [...document.querySelectorAll("[data-name]")];
  const count = document.querySelector("#count");
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) { row.hidden = !row.dataset.name.includes(wanted); if (!row.hidden) shown += 1; }
    count.textContent = shown === 1 ? "1 provider" : shown + " providers";
  });
}
const problem = document.querySelector(".problem");
if (problem) problem.focus();
