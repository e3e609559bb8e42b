/** The toolbar's popup: who waits for me, who is on this page, how we stand with the server. */

import { activeTab, askWorker, onKeptChange, openOptions } from '../lib/browser.js';
import { languageOf, localise, speak } from '../lib/i18n.js';
import { clockTime } from '../cards/days.js';
import { TROUBLES, word } from '../cards/words.js';

/** @import { Say } from '../lib/i18n.js' */
/** @import { Status } from '../background/desk.js' */
/** @import { PageAnswer } from '../background/messages.js' */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

part('settings').addEventListener('click', openSettings);
part('pair-button').addEventListener('click', openSettings);
part('refresh').addEventListener('click', refresh);
onKeptChange(() => void draw());
/** @type {Say} */
let say;
await draw();

async function draw() {
  const tab = await activeTab();
  const [status, here] = await Promise.all([
    askWorker({ type: 'status' }),
    tab === null ? null : askWorker({ type: 'tab', tab }),
  ]);
  say = await speak(status.locale);
  localise(document, say);
  drawStanding(status);
  drawReminders(status);
  drawHere(status, here);
}

/** @param {Status} status */
function drawStanding({ paired, standing }) {
  part('who').textContent = paired ? paired.user : say('name');
  part('pair').hidden = paired !== null;
  part('foot').hidden = paired === null;
  part('notice').hidden = standing.state === 'ok' || standing.state === 'unpaired';
  part('notice').textContent = noticeOf(standing);
  part('updated').textContent =
    standing.okAt === null ? '' : say('card_updated', clockTime(standing.okAt, Date.now(), languageOf(say)));
}

/** @param {Status['standing']} standing */
function noticeOf(standing) {
  const trouble = standing.code ? word(say, TROUBLES, standing.code) : '';
  if (standing.state !== 'down' || standing.since === null) return trouble;
  return say('notice_since', trouble, clockTime(standing.since, Date.now(), languageOf(say)));
}

/** @param {Status} status */
function drawReminders({ paired, reminders }) {
  part('due').hidden = paired === null;
  part('count').textContent = reminders.length ? String(reminders.length) : '';
  part('nothing').hidden = reminders.length > 0;
  part('silent').hidden = reminders.length === 0;
  part('due-list').replaceChildren(
    ...reminders.map((reminder) => {
      const row = link(reminder.link);
      row.title = `${reminder.customer} · ${reminder.silent} · ${reminder.due}`;
      row.append(text('name', reminder.customer));
      if (reminder.manager) row.append(text('manager', say('reminder_manager')));
      row.append(text('detail', reminder.days));
      return item(row);
    }),
  );
}

/**
 * @param {Status} status
 * @param {{ host: string, hidden: boolean, customers: PageAnswer['customers'] } | null} here
 */
function drawHere({ paired }, here) {
  part('here').hidden = !paired || !here?.customers.length;
  part('here-list').replaceChildren(
    ...(here?.customers ?? []).map((customer) => {
      const row = link(`${paired?.server}/customers/${customer.id}`);
      row.append(text('name', customer.name), text('detail', customer.last));
      return item(row);
    }),
  );
  part('show-site').hidden = !here?.hidden;
  part('show-site').textContent = here?.hidden ? say('popup_show_site', here.host) : '';
  part('show-site').onclick = () => here && void askWorker({ type: 'show-site', host: here.host });
}

async function openSettings() {
  await openOptions();
  window.close();
}

async function refresh() {
  part('refresh').toggleAttribute('disabled', true);
  await askWorker({ type: 'sync' });
  await draw();
  part('refresh').toggleAttribute('disabled', false);
}

/** @param {string} href */
function link(href) {
  const row = document.createElement('a');
  row.className = 'row';
  row.target = '_blank';
  row.rel = 'noreferrer';
  row.href = href;
  return row;
}

/** @param {HTMLElement} row */
function item(row) {
  const line = document.createElement('li');
  line.append(row);
  return line;
}

/**
 * @param {string} name
 * @param {string} value
 */
function text(name, value) {
  const span = document.createElement('span');
  span.className = name;
  span.textContent = value;
  return span;
}
