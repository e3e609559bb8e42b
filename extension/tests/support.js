/** In-memory doubles of what the browser and the server give. */

import { readFileSync } from 'node:fs';
import { createSay } from '../lib/i18n.js';
import { createStore } from '../lib/store.js';

/** @param {string} path from the extension's folder */
export const file = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** @param {'en' | 'zh_CN'} folder @returns {import('../lib/i18n.js').Catalogue} */
export const catalogue = (folder) => JSON.parse(file(`_locales/${folder}/messages.json`));

/** @param {'en' | 'zh_CN'} folder */
export const say = (folder) => createSay(catalogue(folder));

/** @returns {import('../lib/store.js').Area & { held: Map<string, unknown> }} */
export function memoryArea() {
  /** @type {Map<string, unknown>} */
  const held = new Map();
  return {
    held,
    async get(key) {
      return held.has(key) ? { [key]: structuredClone(held.get(key)) } : {};
    },
    async set(items) {
      for (const [key, value] of Object.entries(items)) held.set(key, structuredClone(value));
    },
    async remove(keys) {
      for (const key of keys) held.delete(key);
    },
  };
}

export const memoryStore = () => createStore(memoryArea(), memoryArea());

/** @returns {import('../lib/store.js').Pairing} */
export const pairing = () => ({
  server: 'https://genjin.example',
  token: 'secret',
  user: '张磊',
  email: 'zhanglei@genjin.example',
  role: 'rep',
});

/**
 * @param {number} id
 * @param {Partial<import('../lib/wire.js').DirectoryCustomer>} [more]
 * @returns {import('../lib/wire.js').DirectoryCustomer}
 */
export const entry = (id, more = {}) => ({
  id,
  name: `Customer ${id}`,
  aliases: [],
  domains: [],
  phones: [],
  stage: 'lead',
  owner: '',
  contacts: [],
  ...more,
});

/**
 * @param {Partial<import('../lib/wire.js').Customer>} [more]
 * @returns {import('../lib/wire.js').Customer}
 */
export const customer = (more = {}) => ({
  id: 1,
  name: '华锐',
  stage: 'negotiation',
  owner: '张磊',
  last_contacted_at: null,
  last_contacted: null,
  tags: [],
  open_reminders: [],
  ...more,
});

/**
 * @param {Partial<import('../lib/wire.js').Reminder>} [more]
 * @returns {import('../lib/wire.js').Reminder}
 */
export const reminder = (more = {}) => ({
  id: 1,
  customer_id: 1,
  customer: '华锐',
  owner: '张磊',
  level: 'owner',
  snoozed: false,
  due_at: 0,
  days_without_contact: 9,
  last_contacted_at: null,
  ...more,
});
