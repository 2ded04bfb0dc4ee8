// Sets a cookie and sees whether it comes back; the page around this frame is told once, within a second and a half.
"use strict";
(async () => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 1500);
  const ask = async (path) => {
    const answer = await fetch(path, { credentials: "include", cache: "no-store", signal: abort.signal });
    return answer.json();
  };
  let supported = false;
  try {
    const { token } = await ask("/embed/probe/set");
    const { arrived } = await ask(`/embed/probe/check?token=${encodeURIComponent(token)}`);
    supported = arrived === true;
  } catch {
    // Too late, or refused: that is no.
  }
  clearTimeout(timer);
  if (window.parent === window) return;
  const message = { source: "catena-connect", version: 1, event: "probe", payload: { supported } };
  for (const target of JSON.parse(document.body.dataset.targets)) window.parent.postMessage(message, target);
})();
