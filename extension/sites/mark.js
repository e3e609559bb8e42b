/**
 * The quiet mark in the corner of a known customer's page, and the card that it opens. Both live in
 * one closed shadow root beside the body: they take no room in the page, the page's styles do not
 * reach them and its scripts cannot press them.
 */

globalThis.genjin = Object.assign(globalThis.genjin ?? {}, {
  createMark() {
    const { worker, drawCard } = globalThis.genjin;
    /** @type {HTMLElement | null} */
    let element = null;
    /** @type {ShadowRoot | null} */
    let root = null;
    /** @type {import('../background/messages.js').PageAnswer | null} */
    let found = null;
    /** @type {number | null} the customer whose card is open */
    let opened = null;

    return {
      get element() {
        return element;
      },

      /** @param {import('../background/messages.js').PageAnswer} answer */
      show(answer) {
        if (!answer.customers.length) return remove();
        found = answer;
        if (!element) place(answer.css);
        if (opened === null) drawMark();
        return undefined;
      },

      open() {
        if (opened !== null) return close();
        const first = found?.customers[0];
        return first && openCard(first.id);
      },

      remove,
    };

    /** @param {string} css */
    function place(css) {
      element = document.createElement('div');
      // The page may style every div; inline and important is the last word.
      element.style.cssText =
        'all: initial !important; position: fixed !important; right: 16px !important; bottom: 16px !important; z-index: 2147483647 !important;';
      root = element.attachShadow({ mode: 'closed' });
      style(root, css);
      root.append(document.createElement('div'));
      // A page's shortcuts must not answer to keys that are meant for the card.
      for (const kind of ['keydown', 'keyup', 'keypress']) {
        root.addEventListener(kind, (event) => {
          event.stopPropagation();
          if (kind === 'keydown' && event instanceof KeyboardEvent && event.key === 'Escape') close();
        });
      }
      document.documentElement.append(element);
    }

    function remove() {
      element?.remove();
      element = null;
      root = null;
      found = null;
      opened = null;
    }

    function drawMark() {
      const first = found?.customers[0];
      if (!found || !first) return;
      const { words } = found;
      const others = found.customers.length - 1;
      const main = button('mark-open', `${first.name}. ${words.mark}`, () => void openCard(first.id));
      main.title = `${words.mark} (Alt+G)`;
      main.append(part('seal', '跟'), part('mark-name', first.name));
      if (first.last) main.append(part('mark-last', first.last));
      if (others) main.append(part('mark-more', `+${others}`));
      if (first.due) main.append(part('mark-due', ''));
      const hide = button('mark-hide', words.hide, () => {
        void worker.ask({ type: 'hide-site' });
        remove();
      });
      hide.title = words.hide;
      hide.append(part('cross', '×'));
      const bar = part('mark', '', 'div');
      bar.append(main, hide);
      box().replaceChildren(bar);
    }

    /** @param {number} id */
    async function openCard(id) {
      if (!found) return;
      opened = id;
      const { words } = found;
      const sheet = part('sheet', '', 'div');
      sheet.setAttribute('role', 'dialog');
      sheet.setAttribute('aria-label', found.customers.find((one) => one.id === id)?.name ?? '');
      sheet.tabIndex = -1;
      const bar = part('sheet-bar', '', 'div');
      bar.append(part('seal', '跟'), chooser(id), part('gap', ''));
      if (words.panel) bar.append(panelButton(words.panel));
      const shut = button('sheet-close', words.close, close);
      shut.title = words.close;
      shut.append(part('cross', '×'));
      bar.append(shut);
      const body = part('sheet-body', '', 'div');
      sheet.append(bar, body);
      box().replaceChildren(sheet);
      showChoice(sheet);
      sheet.focus({ preventScroll: true });

      for (const fresh of [false, true]) {
        const view = await worker.ask({ type: 'card', id, fresh });
        if (opened !== id || !sheet.isConnected) return;
        if (view) drawCard(view, body);
      }
    }

    /** @param {string} label */
    function panelButton(label) {
      const aside = button('sheet-panel', label, () => {
        void worker.ask({ type: 'panel' });
        close();
      });
      aside.title = label;
      aside.append(part('panel-icon', ''));
      return aside;
    }

    /**
     * Whose card, when several customers stand on the page.
     * @param {number} id
     */
    function chooser(id) {
      const list = part('chooser', '', 'div');
      const customers = found?.customers ?? [];
      if (customers.length < 2) return list;
      for (const customer of customers) {
        const one = button('choice', customer.name, () => void openCard(customer.id));
        one.textContent = customer.name;
        if (customer.id === id) one.setAttribute('aria-current', 'true');
        list.append(one);
      }
      return list;
    }

    /** @param {HTMLElement} sheet */
    function showChoice(sheet) {
      const list = sheet.querySelector('.chooser');
      const current = sheet.querySelector('[aria-current]');
      if (list && current instanceof HTMLElement) {
        list.scrollLeft = current.offsetLeft - /** @type {HTMLElement} */ (list).offsetLeft - 24;
      }
    }

    function close() {
      if (opened === null) return;
      opened = null;
      drawMark();
      root?.querySelector('button')?.focus({ preventScroll: true });
    }

    /** @returns {Element} */
    function box() {
      return /** @type {Element} */ (root?.lastElementChild);
    }

    /**
     * @param {string} name
     * @param {string} label
     * @param {() => void} press
     */
    function button(name, label, press) {
      const made = document.createElement('button');
      made.type = 'button';
      made.className = name;
      made.setAttribute('aria-label', label);
      made.addEventListener('click', (event) => event.isTrusted && press());
      return made;
    }

    /**
     * @param {string} name
     * @param {string} text
     * @param {'span' | 'div'} [tag]
     */
    function part(name, text, tag = 'span') {
      const made = document.createElement(tag);
      made.className = name;
      if (text) made.textContent = text;
      return made;
    }

    /**
     * A constructed sheet is no inline style: a page's Content-Security-Policy has no say in it.
     * @param {ShadowRoot} shadow
     * @param {string} css
     */
    function style(shadow, css) {
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        shadow.adoptedStyleSheets = [sheet];
      } catch {
        const inline = document.createElement('style');
        inline.textContent = css;
        shadow.append(inline);
      }
    }
  },
});
