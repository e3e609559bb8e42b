/**
 * What the server sends, read with care: every answer is checked and cut to a sane size here, so
 * that nothing behind this file meets a surprise. Unknown fields are ignored (a newer server).
 */

/** @typedef {{ id: number, name: string, title: string, emails: string[], phones: string[] }} DirectoryContact */

/**
 * @typedef {object} DirectoryCustomer
 * @property {number} id
 * @property {string} name
 * @property {string[]} aliases
 * @property {string[]} domains
 * @property {string[]} phones
 * @property {string} stage
 * @property {string} owner
 * @property {DirectoryContact[]} contacts
 */

/**
 * @typedef {object} DirectoryDelta
 * @property {number} revision
 * @property {DirectoryCustomer[]} customers
 * @property {number[]} removed
 * @property {boolean} more
 * @property {boolean} reset
 */

/**
 * @typedef {object} Reminder
 * @property {number} id
 * @property {number} customer_id
 * @property {string} customer
 * @property {string} owner
 * @property {'owner' | 'manager'} level
 * @property {boolean} snoozed
 * @property {number} due_at milliseconds since 1970
 * @property {number} days_without_contact
 * @property {number | null} last_contacted_at
 */

/** @typedef {{ kind: string, direction: string, by: string, grade: string }} LastContact */

/** @typedef {{ category: string, status: string, text: string, speaker: string, at: number | null }} CardTag */

/**
 * @typedef {object} Customer
 * @property {number} id
 * @property {string} name
 * @property {string} stage
 * @property {string} owner
 * @property {number | null} last_contacted_at
 * @property {LastContact | null} last_contacted
 * @property {CardTag[]} tags newest first
 * @property {Reminder[]} open_reminders
 */

/** @typedef {{ token: string, user: string, email: string, role: string, locale: string }} Paired */

/** The answer is not what this version of the extension understands. */
export class Unreadable extends Error {}

/** @param {unknown} value @returns {Paired} */
export function readPaired(value) {
  const from = record(value);
  const token = text(from.token, 512);
  if (!token) throw new Unreadable('token');
  return {
    token,
    user: text(from.user, 120),
    email: text(from.email ?? '', 254),
    role: text(from.role ?? '', 32),
    locale: text(from.locale ?? '', 16),
  };
}

/** @param {unknown} value @returns {DirectoryDelta} */
export function readDelta(value) {
  const from = record(value);
  return {
    revision: whole(from.revision),
    customers: list(from.customers ?? [], readDirectoryCustomer),
    removed: list(from.removed ?? [], whole),
    more: from.more === true,
    reset: from.reset === true,
  };
}

/** @param {unknown} value @returns {{ items: Reminder[], cursor: string | null }} */
export function readReminders(value) {
  const from = record(value);
  const cursor = from.cursor ?? null;
  return { items: list(from.items, readReminder), cursor: cursor === null ? null : text(cursor, 512) };
}

/** @param {unknown} value @returns {Customer} */
export function readCustomer(value) {
  const from = record(value);
  return {
    id: whole(from.id),
    name: text(from.name, 200),
    stage: text(from.stage ?? '', 32),
    owner: text(from.owner ?? '', 120),
    last_contacted_at: moment(from.last_contacted_at),
    last_contacted: from.last_contacted == null ? null : readLastContact(from.last_contacted),
    tags: list(from.tags ?? [], readTag).sort((a, b) => (b.at ?? 0) - (a.at ?? 0)),
    open_reminders: list(from.open_reminders ?? [], readReminder),
  };
}

/** @param {unknown} value @returns {DirectoryCustomer} */
function readDirectoryCustomer(value) {
  const from = record(value);
  return {
    id: whole(from.id),
    name: text(from.name, 200),
    aliases: texts(from.aliases),
    domains: texts(from.domains),
    phones: texts(from.phones),
    stage: text(from.stage ?? '', 32),
    owner: text(from.owner ?? '', 120),
    contacts: list(from.contacts ?? [], (item) => {
      const contact = record(item);
      return {
        id: whole(contact.id),
        name: text(contact.name, 120),
        title: text(contact.title ?? '', 120),
        emails: texts(contact.emails),
        phones: texts(contact.phones),
      };
    }),
  };
}

/** @param {unknown} value @returns {Reminder} */
function readReminder(value) {
  const from = record(value);
  const due = moment(from.due_at);
  if (due === null) throw new Unreadable('due_at');
  return {
    id: whole(from.id),
    customer_id: whole(from.customer_id),
    customer: text(from.customer, 200),
    owner: text(from.owner ?? '', 120),
    level: from.level === 'manager' ? 'manager' : 'owner',
    snoozed: from.state === 'snoozed',
    due_at: due,
    days_without_contact: whole(from.days_without_contact),
    last_contacted_at: moment(from.last_contacted_at),
  };
}

/** @param {unknown} value @returns {LastContact} */
function readLastContact(value) {
  const from = record(value);
  return {
    kind: text(from.kind ?? '', 32),
    direction: text(from.direction ?? '', 32),
    by: text(from.by ?? '', 120),
    grade: text(from.grade ?? '', 32),
  };
}

/** @param {unknown} value @returns {CardTag} */
function readTag(value) {
  const from = record(value);
  return {
    category: text(from.category, 64),
    status: text(from.status ?? 'asserted', 32),
    text: text(from.text ?? '', 300),
    speaker: text(from.speaker ?? 'unknown', 32),
    at: moment(from.at),
  };
}

/** @param {unknown} value @returns {Record<string, unknown>} */
export function record(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Unreadable('object');
  }
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {unknown} value @param {number} longest */
export function text(value, longest) {
  if (typeof value !== 'string') throw new Unreadable('text');
  return value.length > longest ? `${value.slice(0, longest - 1)}…` : value;
}

/** @param {unknown} value */
export function whole(value) {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Unreadable('number');
  return value;
}

/** @param {unknown} value @returns {number | null} */
function moment(value) {
  if (value === null || value === undefined) return null;
  const at = typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isNaN(at)) throw new Unreadable('time');
  return at;
}

/**
 * @template T
 * @param {unknown} value
 * @param {(item: unknown) => T} read
 * @returns {T[]}
 */
export function list(value, read) {
  if (!Array.isArray(value)) throw new Unreadable('list');
  return value.map((item) => read(item));
}

/** @param {unknown} value */
function texts(value) {
  return list(value ?? [], (item) => text(item, 320));
}
