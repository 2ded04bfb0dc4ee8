// Where a partner's page shows Connect, or opened a window for it: tells that page what happens. Each registered origin is told, and the
// browser drops what is not for the page that is there.
{
  const told = JSON.parse(document.body.dataset.told);
  const around = told.target === "parent" ? window.parent : window.opener;
  const tell = (messages) => {
    if (!around || around === window || around.closed) return false;
    for (const message of messages) {
      for (const origin of told.origins) around.postMessage({ source: "catena-connect", version: 1, ...message }, origin);
    }
    return true;
  };

  const isReloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
  const hasOpened = told.messages.some((message) => message.event === "open");
  const messages = isReloaded && !hasOpened ? [{ event: "open" }, ...told.messages] : told.messages;
  if (!tell(messages) && told.back) location.replace(told.back);

  for (const button of all("[data-tells]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (!tell(JSON.parse(button.dataset.tells))) window.close();
    });
  }

  // A provider's page is not shown in a frame, and this frame's cookies are in no other window: the window that is opened here hands
  // over what the provider answered.
  const link = $("[data-sign-in]");
  let opened = null;
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.textContent = link?.dataset.blocked;
  const signIn = async (event) => {
    event.preventDefault();
    problem.remove();
    opened = window.open("about:blank", "_blank", "popup,width=520,height=720");
    if (!opened) return link.before(problem);
    const answer = await fetch(link.href).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const onward = page && $("a[data-onward]", page);
    if (onward) return opened.location.replace(onward.href);
    opened.close();
    location.assign(link.href);
  };
  if (link && told.target === "parent") {
    link.addEventListener("click", signIn);
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== location.origin || !opened || source !== opened || data?.source !== "catena-connect-sign-in") return;
      opened.close();
      const here = new URLSearchParams(location.search), answer = new URLSearchParams(data.answer);
      here.delete("news");
      for (const name of ["state", "code", "error"]) if (answer.has(name)) here.set(name, answer.get(name));
      location.assign(`/connect/sign-in?${here}`);
    });
  }
}
