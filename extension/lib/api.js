/**
 * The only requests this extension makes. They go to the paired server and to nowhere else: no
 * cookies, no redirects (a token must not travel on), no referrer, and never without a time-out.
 */

import { Trouble } from './trouble.js';
import { Unreadable, readCustomer, readDelta, readPaired, readReminders } from './wire.js';

/** @import { TroubleCode } from './trouble.js' */
/** @import { Customer, DirectoryDelta, Paired, Reminder } from './wire.js' */

/** @typedef {{ server: string, token: string }} Access */

/**
 * @typedef {object} Api
 * @property {(server: string, code: string, name: string) => Promise<Paired>} pair
 * @property {(access: Access, since: number) => Promise<DirectoryDelta>} directory
 * @property {(access: Access) => Promise<Reminder[]>} reminders
 * @property {(access: Access, id: number) => Promise<Customer>} customer
 */

const MOST_REMINDER_PAGES = 10;

/**
 * @param {object} [parts]
 * @param {(url: string, request: RequestInit) => Promise<Response>} [parts.send]
 * @param {number} [parts.patience] milliseconds until an answer is given up
 * @returns {Api}
 */
export function createApi({ send = (url, request) => fetch(url, request), patience = 15_000 } = {}) {
  /**
   * @param {string} url
   * @param {RequestInit} request
   * @returns {Promise<{ status: number, body: unknown }>} body is undefined when it is no JSON
   */
  async function ask(url, request) {
    try {
      const response = await send(url, {
        ...request,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(patience),
      });
      const raw = await response.text();
      return { status: response.status, body: parsed(raw) };
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      throw new Trouble(late ? 'timeout' : 'unreachable');
    }
  }

  /**
   * @template T
   * @param {Access} access
   * @param {string} path
   * @param {(body: unknown) => T} read
   */
  async function get(access, path, read) {
    const { status, body } = await ask(`${access.server}/api/v1/${path}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${access.token}` },
    });
    if (status !== 200) throw new Trouble(demand(status, body));
    return understood(() => read(body));
  }

  return {
    async pair(server, code, name) {
      const { status, body } = await ask(`${server}/api/v1/devices/pair`, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({ code, kind: 'extension', name }),
      });
      if (status !== 200 && status !== 201) throw new Trouble(pairingDemand(status, body));
      return understood(() => readPaired(body));
    },
    directory: (access, since) => get(access, `directory?since=${since}`, readDelta),
    customer: (access, id) => get(access, `customers/${id}`, readCustomer),
    async reminders(access) {
      /** @type {Reminder[]} */
      const all = [];
      let cursor = /** @type {string | null} */ ('');
      for (let page = 0; cursor !== null && page < MOST_REMINDER_PAGES; page += 1) {
        const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const answer = await get(access, `reminders?state=open${after}`, readReminders);
        all.push(...answer.items);
        cursor = answer.cursor;
      }
      return all;
    },
  };
}

/** @param {string} raw @returns {unknown} */
function parsed(raw) {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

/**
 * @template T
 * @param {() => T} read
 */
function understood(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) throw new Trouble('not_genjin');
    throw error;
  }
}

/**
 * @param {number} status
 * @param {unknown} body
 * @returns {TroubleCode}
 */
function demand(status, body) {
  if (status === 429) return 'too_many_attempts';
  if (status >= 500) return 'server_error';
  if (errorCode(body) === null) return 'not_genjin';
  if (status === 401) return 'unauthorized';
  return status === 404 ? 'not_found' : 'refused';
}

/**
 * @param {number} status
 * @param {unknown} body
 * @returns {TroubleCode}
 */
function pairingDemand(status, body) {
  const code = errorCode(body);
  if (status === 429) return 'too_many_attempts';
  if (status >= 500) return 'server_error';
  if (code === null) return 'not_genjin';
  if (status === 410 || code.includes('expired')) return 'code_expired';
  return 'code_wrong';
}

/**
 * The code of Genjin's own error answer, null when somebody else is talking.
 * @param {unknown} body
 */
function errorCode(body) {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
