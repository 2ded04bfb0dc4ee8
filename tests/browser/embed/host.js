// The partner's page: it opens Connect as the test says, and notes what it hears.
"use strict";
window.heard = [];
const callbacks = {
  onOpen: () => heard.push(["open"]),
  onConnection: (id) => heard.push(["connection", id]),
  onConnectionDeleted: (id) => heard.push(["connection_deleted", id]),
  onSuccess: (ids) => heard.push(["success", ids]),
  onExit: (reason) => heard.push(["exit", reason]),
  onClose: () => heard.push(["close"]),
};
window.launch = (options) => connect.open({ container: "#place", ...options, ...callbacks }).then((launched) => { window.launched = launched; });
// Everything that any window sends here, whoever it is: the test sees what the client would not.
window.sent = [];
addEventListener("message", ({ origin, data }) => sent.push([origin, data]));
const outcome = new URLSearchParams(location.search).get("outcome");
if (outcome) connect.resume({ outcome, ...callbacks });
