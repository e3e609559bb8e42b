// An administrator's link carries its secret behind the "#", which no browser sends to a server.
(() => {
  "use strict";
  const field = document.querySelector("[data-from-hash]");
  if (!field || location.hash.length < 2) return;
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  document.querySelector("[name=password]")?.focus();
})();
