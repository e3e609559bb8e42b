/**
 * Draws a `CardView` (see `view.js`): in the side panel and in a closed shadow root of a stranger's
 * page. Text is only ever set as text; the view comes from the server, the page is anybody's.
 *
 * A classic script without imports, because content scripts cannot have any; the panel imports it
 * for its effect.
 */

globalThis.genjin = Object.assign(globalThis.genjin ?? {}, {
  /**
   * @param {import('./view.js').CardView} view
   * @param {Element | ShadowRoot} into emptied first
   * @returns {HTMLElement} the card
   */
  drawCard(view, into) {
    const card = node('article', 'card');
    card.lang = view.language;
    card.dataset.customer = String(view.id);
    card.append(head(view));
    if (view.person) card.append(person(view.person, view.words));
    card.append(lastContact(view));
    if (view.reminders.length) card.append(reminders(view));
    if (view.tags.length) card.append(tags(view));
    card.append(foot(view));
    into.replaceChildren(card);
    return card;

    /** @param {import('./view.js').CardView} shown */
    function head(shown) {
      const stage = node('div', 'stage');
      if (shown.step !== null) {
        const path = node('span', 'path');
        path.setAttribute('aria-hidden', 'true');
        for (let at = 0; at < 6; at += 1) path.append(node('i', at <= shown.step ? 'done' : ''));
        stage.append(path);
      }
      stage.append(node('span', 'stage-name', shown.stage));
      if (shown.owner) stage.append(node('span', 'owner', `${shown.words.owner} ${shown.owner}`));
      const top = node('header', 'head');
      top.append(node('h1', 'name', shown.name), stage);
      return top;
    }

    /**
     * @param {import('./view.js').PersonView} who
     * @param {import('./view.js').CardView['words']} words
     */
    function person(who, words) {
      const line = node('div', 'person');
      const name = node('span', 'who', who.name);
      if (who.title) name.append(node('span', 'quiet', ` ${who.title}`));
      line.append(name);
      if (/^\+\d+$/.test(who.dial)) {
        const dial = link('dial', who.phone, `tel:${who.dial}`);
        dial.setAttribute('aria-label', `${words.call} ${who.phone}`);
        line.append(dial);
      }
      return line;
    }

    /** @param {import('./view.js').CardView} shown */
    function lastContact(shown) {
      const part = section('last', shown.words.last);
      if (shown.last) {
        const line = node('p', 'when', shown.last.when);
        line.append(node('span', 'date', shown.last.date));
        part.append(line);
        const how = node('p', 'how', shown.last.how);
        if (shown.last.grade) {
          how.append(node('span', shown.last.strong ? 'grade strong' : 'grade', shown.last.grade));
        }
        part.append(how);
      } else {
        part.append(node('p', 'how quiet', shown.known ? shown.words.never : shown.words.loading));
      }
      return part;
    }

    /** @param {import('./view.js').CardView} shown */
    function reminders(shown) {
      const part = section('reminders', shown.words.reminders);
      const lines = node('ul', '');
      for (const reminder of shown.reminders) {
        const line = node('li', 'due', reminder.text);
        line.append(node('span', 'quiet', reminder.detail));
        lines.append(line);
      }
      part.append(lines);
      return part;
    }

    /** @param {import('./view.js').CardView} shown */
    function tags(shown) {
      const part = section('tags', shown.words.tags);
      const lines = node('ul', '');
      for (const tag of shown.tags) {
        const top = node('div', 'tag-head');
        top.append(node('span', 'label', tag.label));
        if (tag.status) top.append(node('span', 'status', tag.status));
        top.append(node('span', 'said', tag.said));
        const line = node('li', 'tag');
        line.append(top);
        if (tag.quote) line.append(node('blockquote', 'quote', tag.quote));
        lines.append(line);
      }
      part.append(lines);
      return part;
    }

    /** @param {import('./view.js').CardView} shown */
    function foot(shown) {
      const line = node('footer', 'foot');
      if (shown.notice) {
        const notice = node('p', 'notice', shown.notice);
        notice.setAttribute('role', 'status');
        line.append(notice);
      }
      if (/^https?:\/\//.test(shown.link)) {
        const open = link('open', shown.words.open, shown.link);
        open.target = '_blank';
        open.rel = 'noopener noreferrer';
        line.append(open);
      }
      line.append(node('span', 'updated', shown.updated));
      return line;
    }

    /**
     * @param {string} name
     * @param {string} title
     */
    function section(name, title) {
      const part = node('section', name);
      part.append(node('h2', '', title));
      return part;
    }

    /**
     * @param {string} name
     * @param {string} label
     * @param {string} href
     */
    function link(name, label, href) {
      const element = document.createElement('a');
      element.className = name;
      element.textContent = label;
      element.href = href;
      return element;
    }

    /**
     * @param {string} tag
     * @param {string} name
     * @param {string} [label]
     */
    function node(tag, name, label) {
      const element = document.createElement(tag);
      if (name) element.className = name;
      if (label) element.textContent = label;
      return element;
    }
  },
});
