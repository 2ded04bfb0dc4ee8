// Improves what works without it: busy states, live search, shown secrets, counted characters, states that change by themselves.
"use strict";
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
// The sentence with a number that an element has in the forms of its language.
const counted = (number, { dataset }) => {
  const language = document.documentElement.lang, form = dataset[new Intl.PluralRules(language).select(number)] || dataset.other;
  return form.replace("{count}", new Intl.NumberFormat(language).format(number));
};

for (const form of all("form[method=post]")) {
  const buttons = all("button[type=submit]", form);
  let timer;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter || buttons[0];
    button.dataset.idle = button.textContent;
    button.setAttribute("aria-busy", "true");
    button.textContent = button.dataset.busy || button.textContent;
    const progress = $("#progress", form);
    if (progress && form.dataset.asks) {
      progress.textContent = form.dataset.asks;
      timer = setTimeout(() => { progress.textContent = form.dataset.waits; }, 4000);
    }
  });
  // A page that the browser kept, for the button that leads back to it.
  addEventListener("pageshow", () => {
    clearTimeout(timer);
    delete form.dataset.sent;
    for (const button of buttons) {
      button.removeAttribute("aria-busy");
      if (button.dataset.idle) button.textContent = button.dataset.idle;
    }
    const progress = $("#progress", form);
    if (progress) progress.textContent = "";
  });
}

const search = $("input[type=search]");
if (search) {
  const rows = all("[data-name]"), count = $("#count"), none = $("#none");
  const plain = (text) => text.toLowerCase().replace(/\s+/g, "");
  search.addEventListener("input", () => {
    const sought = plain(search.value);
    for (const row of rows) row.hidden = !plain(row.dataset.name).includes(sought);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = counted(shown, count);
    none.hidden = shown > 0;
  });
}

for (const input of all("input[data-show]")) {
  const button = document.createElement("button"), { show, hide } = input.dataset;
  button.type = "button";
  button.textContent = show;
  button.setAttribute("aria-controls", input.id);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.textContent = isShown ? show : hide;
    button.setAttribute("aria-pressed", String(!isShown));
  });
  input.after(button);
}

for (const area of all("[data-counted]")) {
  const most = area.maxLength, hint = $("#reason-hint"), text = hint.textContent;
  area.addEventListener("input", () => {
    const left = most - area.value.length;
    hint.textContent = left < 100 ? `${counted(left, area)} ${text}` : text;
  });
}

// The states of accounts, until the first data is there; for five minutes at most.
if ($("[data-live]")) {
  let times = 60;
  const look = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (answer && answer.ok && !answer.redirected) {
      const next = new DOMParser().parseFromString(await answer.text(), "text/html"), list = $("ul.accounts", next);
      if (list && list.textContent !== $("ul.accounts").textContent) $("ul.accounts").replaceWith(list);
      if (list && !list.hasAttribute("data-live")) return;
    }
    times -= 1;
    if (times > 0) setTimeout(look, 5000);
  };
  setTimeout(look, 3000);
}

// A sign-in at a provider has a window of its own: it tells the one that opened it, and closes. A frame that opened it has other cookies,
// and takes the provider's answer itself.
const signIn = $("[data-sign-in]"), signedIn = $("[data-signed-in]");
if (signIn) {
  new BroadcastChannel(`sign-in ${signIn.dataset.signIn}`).onmessage = ({ data }) => {
    const accounts = new URL(signIn.dataset.accounts, location.href);
    if (data && accounts.searchParams.has("embed")) accounts.searchParams.set("news", `linked.${data}`);
    location.assign(accounts);
  };
}
if (signedIn) {
  new BroadcastChannel(`sign-in ${signedIn.dataset.signedIn}`).postMessage(signedIn.dataset.linked || "");
  setTimeout(() => window.close(), 300);
}
if ($("[data-answers]") && window.opener) {
  window.opener.postMessage({ source: "catena-connect-sign-in", answer: location.search }, location.origin);
}

// A logo that cannot be loaded leaves no gap.
for (const image of all(".logo img")) {
  const collapse = () => image.closest(".logo").remove();
  if (image.complete && image.naturalWidth === 0) collapse();
  image.addEventListener("error", collapse);
}

const problem = $(".problem");
if (problem) problem.focus();
