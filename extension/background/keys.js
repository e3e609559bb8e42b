/** The identity keys of the directory: from an address, a domain, a number, a name to customers. */

import { isPublicDomain, normalizeCompany } from './identity.js';

/** @import { DirectoryCustomer } from '../lib/wire.js' */

/** One name as it may stand in a text. `loose` ones prove something in a title or heading only.
 * @typedef {{ name: string, id: number, loose: boolean, words: boolean }} NameKey */

/**
 * @typedef {object} Keys
 * @property {Map<string, Set<number>>} emails
 * @property {Map<string, Set<number>>} domains
 * @property {Map<string, Set<number>>} phones E.164
 * @property {Map<string, NameKey[]>} names by their first characters, `LONGEST_START` at most
 * @property {Map<string, { customer: number, contact: number }>} people by address and number
 */

/** Names are found by how they begin; four characters tell `苏州华锐…` from all the other 苏州. */
export const LONGEST_START = 4;
export const SHORTEST_START = 2;

const HAN = /\p{Script=Han}/u;

/**
 * @param {Iterable<DirectoryCustomer>} customers
 * @returns {Keys}
 */
export function buildKeys(customers) {
  /** @type {Keys} */
  const keys = {
    emails: new Map(),
    domains: new Map(),
    phones: new Map(),
    names: new Map(),
    people: new Map(),
  };
  for (const customer of customers) addCustomer(keys, customer);
  return keys;
}

/**
 * How a text must be folded before the names of `Keys` can be found in it.
 * @param {string} text
 */
export function fold(text) {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/**
 * @param {Keys} keys
 * @param {DirectoryCustomer} customer
 */
function addCustomer(keys, customer) {
  for (const domain of customer.domains) {
    if (!isPublicDomain(domain)) add(keys.domains, domain.toLowerCase(), customer.id);
  }
  for (const phone of customer.phones) add(keys.phones, phone, customer.id);
  for (const contact of customer.contacts) {
    const person = { customer: customer.id, contact: contact.id };
    for (const email of contact.emails) {
      add(keys.emails, email, customer.id);
      keys.people.set(email, person);
    }
    for (const phone of contact.phones) {
      add(keys.phones, phone, customer.id);
      keys.people.set(phone, person);
    }
  }
  for (const name of writtenNames(customer)) addName(keys.names, name, customer.id);
}

/**
 * The full name, the name without its legal form (Chinese only: it has no spaces to lose), aliases.
 * @param {DirectoryCustomer} customer
 */
function writtenNames(customer) {
  const names = new Set([customer.name, ...customer.aliases].map(fold));
  const bare = normalizeCompany(customer.name);
  if (HAN.test(bare)) names.add(bare);
  return names;
}

/**
 * @param {Map<string, NameKey[]>} names
 * @param {string} name
 * @param {number} id
 */
function addName(names, name, id) {
  const han = HAN.test(name);
  if (name.length < (han ? SHORTEST_START : 3)) return;
  const start = name.slice(0, LONGEST_START);
  const key = { name, id, loose: name.length < (han ? 4 : 5), words: !han };
  const held = names.get(start);
  if (held) held.push(key);
  else names.set(start, [key]);
}

/**
 * @param {Map<string, Set<number>>} map
 * @param {string} key
 * @param {number} id
 */
function add(map, key, id) {
  const held = map.get(key);
  if (held) held.add(id);
  else map.set(key, new Set([id]));
}
