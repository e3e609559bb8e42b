/** What the toolbar button says: how many customers wait, or that we are shut out. */

import { TROUBLES, counted, word } from '../cards/words.js';

/** @import { Say } from '../lib/i18n.js' */
/** @import { Standing } from '../lib/store.js' */
/** @import { Reminder } from '../lib/wire.js' */

const SEAL = '#b23a2b';
const QUIET = '#7a818c';

/**
 * @param {Standing} standing
 * @param {Reminder[]} reminders
 * @param {Say} say
 * @param {number} now
 */
export function badge(standing, reminders, say, now) {
  const name = say('name');
  if (standing.state === 'revoked') {
    return { text: '!', colour: SEAL, title: `${name} · ${word(say, TROUBLES, 'unauthorized')}` };
  }
  const due = dueNow(reminders, now).length;
  const text = due > 99 ? '99+' : due ? String(due) : '';
  const waiting = counted(say, { one: 'badge_due_one', other: 'badge_due_other' }, due);
  const title = due ? `${name} · ${waiting}` : name;
  return { text, colour: standing.state === 'down' ? QUIET : SEAL, title };
}

/**
 * @param {Reminder[]} reminders
 * @param {number} now
 */
export function dueNow(reminders, now) {
  return reminders.filter((reminder) => reminder.due_at <= now);
}
