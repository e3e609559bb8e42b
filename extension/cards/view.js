/**
 * What a customer card shows, as plain words: pure, so that the card in a page, the side panel and
 * the tests see the same. `customer.js` draws it.
 */

import { clockTime, calendarDay, daysAgo, daysBetween } from './days.js';
import {
  CATEGORIES,
  DAYS_SILENT,
  GRADES,
  SPEAKERS,
  STAGES,
  STATUSES,
  TROUBLES,
  WAYS,
  counted,
  word,
} from './words.js';

/** @import { Say } from '../lib/i18n.js' */
/** @import { CardTag, Customer, DirectoryContact, DirectoryCustomer, LastContact, Reminder } from '../lib/wire.js' */
/** @import { TroubleCode } from '../lib/trouble.js' */

/** @typedef {{ label: string, status: string, quote: string, said: string }} TagView */
/** @typedef {{ name: string, title: string, phone: string, dial: string }} PersonView */
/** @typedef {{ when: string, date: string, how: string, grade: string, strong: boolean }} LastView */

/**
 * @typedef {object} CardView
 * @property {number} id
 * @property {string} language BCP 47
 * @property {string} name
 * @property {string} stage
 * @property {number | null} step 0 to 5 on the way to won, null for lost and unknown stages
 * @property {string} owner
 * @property {PersonView | null} person whom the page is about
 * @property {LastView | null} last
 * @property {boolean} known false while only the directory is at hand
 * @property {{ text: string, detail: string }[]} reminders
 * @property {TagView[]} tags
 * @property {string} link
 * @property {string} notice why this may be out of date; empty when all is well
 * @property {string} updated
 * @property {Record<'last' | 'never' | 'owner' | 'reminders' | 'tags' | 'open' | 'call' | 'loading', string>} words
 */

/**
 * @typedef {object} CardFacts
 * @property {DirectoryCustomer} entry
 * @property {Customer | null} customer null when the server was never asked
 * @property {number | null} at when the server said so
 * @property {number | null} contact the person found on the page
 * @property {TroubleCode | null} trouble
 * @property {string} server
 */

const STEPS = ['lead', 'contacted', 'qualified', 'proposal', 'negotiation', 'won'];
const MOST_TAGS = 4;
const MOST_REMINDERS = 3;

/**
 * @param {CardFacts} facts
 * @param {{ say: Say, language: string, now: number }} reader
 * @returns {CardView}
 */
export function cardView(facts, reader) {
  const { entry, customer } = facts;
  const { say, language, now } = reader;
  const stage = customer?.stage || entry.stage;
  const step = STEPS.indexOf(stage);
  return {
    id: entry.id,
    language,
    name: customer?.name || entry.name,
    stage: word(say, STAGES, stage),
    step: step < 0 ? null : step,
    owner: customer?.owner || entry.owner,
    person: personView(entry.contacts.find((person) => person.id === facts.contact)),
    last: customer && lastView(customer, reader),
    known: customer !== null,
    reminders: (customer?.open_reminders ?? [])
      .filter((reminder) => !reminder.snoozed)
      .slice(0, MOST_REMINDERS)
      .map((reminder) => ({
        text: counted(say, DAYS_SILENT, silentDays(reminder, now)),
        detail: reminder.level === 'manager' ? say('reminder_manager') : dueText(reminder, reader),
      })),
    tags: heardFirst(customer?.tags ?? []).map((tag) => tagView(tag, reader)),
    link: `${facts.server}/customers/${entry.id}`,
    notice: facts.trouble ? word(say, TROUBLES, facts.trouble) : '',
    updated: facts.at === null ? '' : say('card_updated', clockTime(facts.at, now, language)),
    words: {
      last: say('card_last'),
      never: say('card_never'),
      owner: say('card_owner'),
      reminders: say('card_reminders'),
      tags: say('card_tags'),
      open: say('card_open'),
      call: say('card_call'),
      loading: say('card_loading'),
    },
  };
}

/**
 * Counted again at every look: what the server said grows old while it sleeps in the store.
 * @param {Reminder} reminder
 * @param {number} now
 */
export function silentDays(reminder, now) {
  if (reminder.last_contacted_at === null) return reminder.days_without_contact;
  return Math.max(reminder.days_without_contact, daysBetween(reminder.last_contacted_at, now));
}

/**
 * @param {Reminder} reminder
 * @param {{ say: Say, language: string, now: number }} reader
 */
export function dueText(reminder, { say, language, now }) {
  const late = daysBetween(reminder.due_at, now);
  return late <= 0 ? say('due_today') : say('due_since', calendarDay(reminder.due_at, now, language));
}

/**
 * @param {Customer} customer
 * @param {{ say: Say, language: string, now: number }} reader
 * @returns {LastView | null}
 */
function lastView(customer, { say, language, now }) {
  if (customer.last_contacted_at === null) return null;
  const contact = customer.last_contacted;
  const way = contact && word(say, WAYS, `${contact.kind} ${contact.direction}`, word(say, WAYS, contact.kind));
  return {
    when: begun(daysAgo(customer.last_contacted_at, now, language)),
    date: calendarDay(customer.last_contacted_at, now, language),
    how: [contact?.by, way].filter(Boolean).join(' · '),
    grade: contact ? gradeText(contact, say) : '',
    strong: contact?.grade === 'two_way' || contact?.grade === 'connected',
  };
}

/**
 * @param {LastContact} contact
 * @param {Say} say
 */
function gradeText({ grade, kind }, say) {
  return word(say, GRADES, `${grade} ${kind}`, word(say, GRADES, grade, ''));
}

/** `Yesterday` at the beginning of a line. @param {string} words */
function begun(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/**
 * @param {DirectoryContact | undefined} person
 * @returns {PersonView | null}
 */
function personView(person) {
  if (!person) return null;
  const dial = person.phones[0] ?? '';
  return { name: person.name, title: person.title, phone: spaced(dial), dial };
}

/**
 * Our own country's mobile numbers as people read them out; others as they are.
 * @param {string} e164
 */
function spaced(e164) {
  return e164.replace(/^\+86(1\d\d)(\d{4})(\d{4})$/, '$1 $2 $3');
}

/**
 * The customer's own words say more than ours.
 * @param {CardTag[]} tags newest first
 */
function heardFirst(tags) {
  const heard = tags.filter((tag) => tag.speaker !== 'rep');
  return [...heard, ...tags.filter((tag) => tag.speaker === 'rep')].slice(0, MOST_TAGS);
}

/**
 * @param {CardTag} tag
 * @param {{ say: Say, language: string, now: number }} reader
 * @returns {TagView}
 */
function tagView(tag, { say, language, now }) {
  const speaker = word(say, SPEAKERS, tag.speaker, '');
  const when = tag.at === null ? '' : daysAgo(tag.at, now, language);
  return {
    label: word(say, CATEGORIES, tag.category),
    status: word(say, STATUSES, tag.status, ''),
    quote: tag.text,
    said: [speaker, when].filter(Boolean).join(' · '),
  };
}
