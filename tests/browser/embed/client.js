// A client of our own with the behaviour that the published browser SDK is known by: it probes, shows Connect in a frame, else in a
// window, else by leaving the page, and calls back. `window.connect` is what a partner's page uses.
"use strict";
const PENDING = "catena-connect.pending";
let probed = new Map();

// Whether the browser keeps Connect's cookies in a frame here; remembered for the page where it was measured.
const probe = (origin, key) => {
  const name = `${origin} ${key}`;
  if (!probed.has(name)) {
    probed.set(name, new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.src = `${origin}/embed/probe${key ? `?embed_key=${encodeURIComponent(key)}` : ""}`;
      let timer = setTimeout(() => finish(false, false), 8000);
      const finish = (supported, isMeasured) => {
        clearTimeout(timer);
        removeEventListener("message", hear);
        frame.remove();
        if (!isMeasured) probed.delete(name);
        resolve(supported);
      };
      const hear = (event) => {
        if (event.origin !== origin || event.source !== frame.contentWindow || event.data?.source !== "catena-connect") return;
        if (event.data.event === "probe") finish(event.data.payload?.supported === true, true);
      };
      addEventListener("message", hear);
      frame.addEventListener("load", () => {
        clearTimeout(timer);
        timer = setTimeout(() => finish(false, false), 6000);
      });
      document.body.append(frame);
    }));
  }
  return probed.get(name);
};

const launchUrl = (options, embed) => {
  const url = new URL(options.inviteUrl);
  const parameters = {
    embed, embed_key: options.embedKey, variant: options.variant, theme: options.theme, brand_color: options.brandColor,
    brand_logo: options.logoUrl, brand_logo_dark: options.logoUrlDark,
  };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  return url;
};

// Calls back for messages of this window of Connect, of no other and of no other origin.
const listen = (origin, source, options) => {
  let ended = false;
  const hear = (event) => {
    if (event.origin !== origin || event.source !== source() || event.data?.source !== "catena-connect") return;
    const { event: name, connectionId, connectionIds, reason } = event.data;
    const texts = (list) => (Array.isArray(list) && list.every((one) => typeof one === "string") ? list : []);
    if (name === "open") options.onOpen?.();
    if (name === "connection") options.onConnection?.(connectionId);
    if (name === "connection_deleted") options.onConnectionDeleted?.(connectionId);
    if (name === "success" && !ended) ended = options.onSuccess?.(texts(connectionIds)) || true;
    if (name === "exit" && !ended) ended = options.onExit?.(reason) || true;
    if (name === "close") options.onClose?.();
  };
  addEventListener("message", hear);
  return () => removeEventListener("message", hear);
};

const inFrame = (options, origin) => {
  const frame = document.createElement("iframe");
  frame.title = "Connect";
  frame.allow = "clipboard-write";
  frame.src = launchUrl(options, "iframe");
  document.querySelector(options.container || "body").append(frame);
  const silence = listen(origin, () => frame.contentWindow, options);
  return { destroy: () => { silence(); frame.remove(); } };
};

const leave = (options) => {
  sessionStorage.setItem(PENDING, JSON.stringify({ schema: `${PENDING}/1`, id: crypto.randomUUID(), expires: Date.now() + 1_800_000 }));
  location.assign(launchUrl(options, "redirect"));
};

// A window needs a click of its own.
const inWindow = (options, origin) => {
  const button = document.createElement("button");
  button.textContent = "Continue";
  document.body.append(button);
  button.addEventListener("click", () => {
    button.remove();
    const opened = window.open(launchUrl(options, "popup"), `catena-connect-${crypto.randomUUID()}`, "popup,width=480,height=720");
    if (!opened || opened.closed) return leave(options);
    const silence = listen(origin, () => opened, options);
    const timer = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(timer);
      silence();
      options.onClose?.();
    }, 500);
  });
  return { destroy: () => button.remove() };
};

window.connect = {
  probe,
  async open(options) {
    const { origin } = new URL(options.inviteUrl);
    return (await probe(origin, options.embedKey)) ? inFrame(options, origin) : inWindow(options, origin);
  },
  // On the pages to which Connect leads back.
  resume(options) {
    const pending = JSON.parse(sessionStorage.getItem(PENDING) || "null");
    sessionStorage.removeItem(PENDING);
    if (pending?.schema !== `${PENDING}/1` || pending.expires < Date.now()) return;
    if (options.outcome === "success") options.onSuccess?.([]);
    else options.onExit?.("");
    options.onClose?.();
  },
};
