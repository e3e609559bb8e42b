// An open page keeps itself up to date: as long as the tab is looked at, #live asks every few
// moments whether the feed has moved and, when it has, is morphed into what the server shows now.
// What the person is doing (open panels, half-typed words, the place on the page) stays as it is.
(() => {
  "use strict";

  const period = Number(document.body.dataset.liveSeconds || 1) * 1000;
  const live = () => document.getElementById("live");
  const isPoll = (ctx) => ctx.sourceElement.id === "live";

  const tick = () => {
    if (live() && document.visibilityState === "visible") htmx.trigger(live(), "live");
  };

  const isDirty = (form) =>
    [...form.elements].some((field) => {
      if (field.type === "hidden" || field.type === "submit" || field.type === "button") return false;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      return "defaultValue" in field && field.value !== field.defaultValue;
    });

  const inUse = (form) => isDirty(form) || (form.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

  // A row that is gone on the server stays on the screen while somebody types in it.
  const wouldLoseWords = (html) =>
    [...live().querySelectorAll("form")].filter(isDirty).some((form) => {
      const row = form.closest("[id]:not(form)");
      return row && row.id !== "live" && !html.includes(`id="${row.id}"`);
    });

  const KEPT = new Set(["open", "data-open", "data-fresh"]);

  htmx.registerExtension("genjin-live", {
    htmx_before_morph_node: (node) => !(node instanceof HTMLFormElement && inUse(node)),
    htmx_before_morph_attr: (_node, detail) => !KEPT.has(detail.attrName),
  });

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const { request } = ctx;
    if (request.method !== "GET") {
      request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
      return;
    }
    if (isPoll(ctx)) {
      request.body.set("rev", live().dataset.rev);
      if (live().dataset.floor) request.body.set("floor", live().dataset.floor);
      return;
    }
    for (const [name, value] of [...request.body]) if (value === "") request.body.delete(name);
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { response } = event.detail.ctx;
    if (response.status === 401 || (response.raw.redirected && response.raw.url.includes("/sign-in"))) {
      event.preventDefault();
      location.reload();
    }
  });

  // An error page is no fragment: its headline becomes a short notice.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (isPoll(ctx)) document.getElementById("offline").hidden = ctx.response.status < 500;
    if (ctx.response.status < 400 || !/html/.test(ctx.response.headers.get("content-type") || "")) return;
    event.preventDefault();
    if (isPoll(ctx)) return;
    const page = new DOMParser().parseFromString(ctx.text, "text/html");
    window.genjin.say(page.querySelector("h1")?.textContent || String(ctx.response.status), true);
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && isPoll(event.detail.ctx)) document.getElementById("offline").hidden = false;
  });

  let known = null;
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    known = null;
    if (!isPoll(ctx)) return;
    if (wouldLoseWords(ctx.text)) event.preventDefault();
    else known = new Set([...live().querySelectorAll("[data-new]")].map((row) => row.id));
  });

  document.addEventListener("htmx:after:swap", () => {
    if (!known) return;
    for (const row of live().querySelectorAll("[data-new]")) {
      if (known.has(row.id)) continue;
      row.dataset.fresh = "";
      setTimeout(() => delete row.dataset.fresh, 6000);
    }
    known = null;
  });

  document.addEventListener("said", (event) => {
    const form = event.target.closest("form");
    if (form) {
      form.reset();
      for (const place of form.querySelectorAll(".form-error, .found")) place.textContent = "";
      const panel = form.closest("details");
      if (panel) panel.open = false;
    }
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    window.genjin.say(event.detail.text, false, event.detail);
    tick();
  });

  setInterval(tick, period);
  document.addEventListener("visibilitychange", tick);
})();
