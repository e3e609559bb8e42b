/**
 * The catalogues of `_locales`. The person's language in Genjin counts; before pairing, the
 * browser's. (`chrome.i18n` knows the browser's only, so the catalogues are read here.)
 */

import { ownFile, uiLanguage } from './browser.js';

/** @typedef {(key: string, ...values: (string | number)[]) => string} Say */
/** @typedef {Record<string, { message: string, placeholders?: Record<string, { content: string }> }>} Catalogue */

/** @type {Map<string, Promise<Say>>} */
const loaded = new Map();

/**
 * @param {string} locale BCP 47 of the person, empty when nobody is known
 * @returns {Promise<Say>}
 */
export function speak(locale) {
  const folder = (locale || uiLanguage()).toLowerCase().startsWith('zh') ? 'zh_CN' : 'en';
  const say =
    loaded.get(folder) ??
    ownFile(`_locales/${folder}/messages.json`).then((raw) => createSay(JSON.parse(raw)));
  loaded.set(folder, say);
  return say;
}

/**
 * @param {Catalogue} catalogue
 * @returns {Say}
 */
export function createSay(catalogue) {
  return (key, ...values) => {
    const entry = Object.hasOwn(catalogue, key) ? catalogue[key] : undefined;
    if (!entry) return '';
    return entry.message.replace(/\$([A-Za-z_]+)\$/g, (_, name) => {
      const at = Number(entry.placeholders?.[name.toLowerCase()]?.content.slice(1));
      return String(values[at - 1] ?? '');
    });
  };
}

/**
 * BCP 47, for dates and numbers: that of the catalogue, not of the operating system.
 * @param {Say} say
 */
export const languageOf = (say) => say('language');

/**
 * Fills in `data-say="key"` (text) and `data-say-label="key"` (aria-label).
 * @param {Document} page
 * @param {Say} say
 */
export function localise(page, say) {
  page.documentElement.lang = languageOf(say);
  page.title = say('name');
  for (const element of page.querySelectorAll('[data-say]')) {
    element.textContent = say(element.getAttribute('data-say') ?? '');
  }
  for (const element of page.querySelectorAll('[data-say-label]')) {
    element.setAttribute('aria-label', say(element.getAttribute('data-say-label') ?? ''));
  }
}
