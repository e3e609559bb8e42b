/**
 * Whose page is this? Decided here, inside the browser, from what the content script saw.
 *
 * Evidence from strong to weak: a contact's address, the customer's own site, an address of the
 * customer's domain, a telephone number, the customer's name in title or headings, in the text.
 */

import { domainOf, isPublicDomain, normalizeEmail } from './identity.js';
import { LONGEST_START, SHORTEST_START, fold } from './keys.js';
import { normalizePhone } from './phone.js';

/** @import { Keys, NameKey } from './keys.js' */

/**
 * @typedef {object} Page What a content script saw; `host` is told by the browser, not by the page.
 * @property {string} host
 * @property {string} heading title and headings
 * @property {string[]} emails
 * @property {string[]} phones
 * @property {string} text
 */

/** @typedef {'email' | 'site' | 'domain' | 'phone' | 'heading' | 'text'} Why */

/**
 * @typedef {object} Match
 * @property {number} id the customer's
 * @property {Why} why
 * @property {number | null} contact the person, when an address or number is theirs
 */

/** @type {readonly Why[]} */
const STRENGTH = ['email', 'site', 'domain', 'phone', 'heading', 'text'];

const MOST = 12;

/**
 * @param {Page} page
 * @param {Keys} keys
 * @returns {Match[]} the strongest evidence of each customer, strongest first
 */
export function match(page, keys) {
  /** @type {Map<number, Match>} */
  const found = new Map();
  /** @type {(ids: Iterable<number> | undefined, why: Why, contact?: number | null) => void} */
  const note = (ids, why, contact = null) => {
    for (const id of ids ?? []) {
      const held = found.get(id);
      if (!held || STRENGTH.indexOf(why) < STRENGTH.indexOf(held.why)) {
        found.set(id, { id, why, contact: contact ?? held?.contact ?? null });
      } else if (held.contact === null && contact !== null) {
        held.contact = contact;
      }
    }
  };

  for (const domain of withParents(page.host)) note(keys.domains.get(domain), 'site');
  for (const raw of page.emails) {
    const email = normalizeEmail(raw);
    if (!email) continue;
    note(keys.emails.get(email), 'email', keys.people.get(email)?.contact);
    const home = domainOf(email);
    if (isPublicDomain(home)) continue;
    for (const domain of withParents(home)) note(keys.domains.get(domain), 'domain');
  }
  for (const raw of page.phones) {
    const phone = normalizePhone(raw);
    if (phone) note(keys.phones.get(phone), 'phone', keys.people.get(phone)?.contact);
  }
  for (const key of namesIn(fold(page.heading), keys.names)) note([key.id], 'heading');
  for (const key of namesIn(fold(page.text), keys.names)) if (!key.loose) note([key.id], 'text');

  return [...found.values()]
    .sort((a, b) => STRENGTH.indexOf(a.why) - STRENGTH.indexOf(b.why))
    .slice(0, MOST);
}

/**
 * `a.b.example` → `a.b.example`, `b.example`; never a bare top-level domain.
 * @param {string} host
 */
export function withParents(host) {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}

/**
 * One walk over the text, whatever the number of names: only names that begin with the few
 * characters at hand are compared.
 * @param {string} text folded
 * @param {Map<string, NameKey[]>} names
 */
function namesIn(text, names) {
  /** @type {Set<NameKey>} */
  const found = new Set();
  if (!names.size) return found;
  for (let at = 0; at < text.length - 1; at += 1) {
    for (let length = SHORTEST_START; length <= LONGEST_START; length += 1) {
      for (const key of names.get(text.slice(at, at + length)) ?? []) {
        if (found.has(key) || !text.startsWith(key.name, at)) continue;
        if (key.words && !standsAlone(text, at, at + key.name.length)) continue;
        found.add(key);
      }
    }
  }
  return found;
}

const WORD = /[\p{L}\p{N}_]/u;
const HAN = /\p{Script=Han}/u;

/**
 * A Latin name is a word of its own; Chinese characters beside it do not make it longer.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function standsAlone(text, start, end) {
  return [text[start - 1], text[end]].every(
    (beside) => beside === undefined || !WORD.test(beside) || HAN.test(beside),
  );
}
