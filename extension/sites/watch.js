/**
 * Looks at the page when it is quiet, asks the worker whose it is, and keeps the mark true while
 * the page changes under way (single-page sites). Leaves when the extension is updated or removed.
 */

(() => {
  const SETTLE = 700; // ms without change before a look
  const PATIENCE = 3_000; // ms of constant change after which it looks anyway
  const WORK_SHARE = 20; // a look that takes t ms earns a rest of 20 t
  const LONGEST_REST = 10_000;

  const { worker } = globalThis.genjin;
  const mark = globalThis.genjin.createMark();
  let seen = '';
  let address = location.href;
  let looking = false;
  let again = false;
  let changedAt = 0;
  let restUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const observer = new MutationObserver((records) => {
    if (records.every(isOurs)) return;
    if (location.href !== address) moved();
    else schedule();
  });

  worker.onTold((type) => {
    if (type === 'open-card') mark.open();
    else forgetAndLook();
  });
  document.addEventListener('visibilitychange', () => schedule());
  for (const event of ['popstate', 'hashchange', 'pageshow']) {
    window.addEventListener(event, () => location.href !== address && moved());
  }
  observer.observe(document, { childList: true, subtree: true, characterData: true });
  void look();

  /** @param {MutationRecord} record */
  function isOurs(record) {
    const touched = [...record.addedNodes, ...record.removedNodes];
    return touched.length > 0 && touched.every((node) => node === mark.element);
  }

  function moved() {
    address = location.href;
    mark.remove();
    forgetAndLook();
  }

  function forgetAndLook() {
    seen = '';
    schedule();
  }

  function schedule() {
    if (document.hidden) return;
    const now = performance.now();
    if (timer === undefined) changedAt = now;
    clearTimeout(timer);
    const wait = Math.min(SETTLE, Math.max(0, changedAt + PATIENCE - now));
    timer = setTimeout(() => void look(), Math.max(wait, restUntil - now));
  }

  async function look() {
    timer = undefined;
    if (!worker.alive()) return leave();
    if (document.hidden) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    const from = address;
    await idle();
    const began = performance.now();
    const sights = await globalThis.genjin.collect(document, idle);
    restUntil = performance.now() + Math.min(LONGEST_REST, WORK_SHARE * (performance.now() - began));
    const now = JSON.stringify(sights);
    if (now !== seen && from === address) {
      const found = await worker.ask({ type: 'page', ...sights });
      if (!worker.alive()) return leave();
      if (found && from === address) {
        seen = now;
        mark.show(found);
      }
    }
    looking = false;
    if (again || from !== address) {
      again = false;
      schedule();
    }
  }

  /** @returns {Promise<void>} */
  function idle() {
    return new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: 1_000 }));
  }

  function leave() {
    observer.disconnect();
    mark.remove();
  }
})();
