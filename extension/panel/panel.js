/** The side panel: the card of the customer of the tab that is in front. */

import '../cards/customer.js';
import { activeTab, askWorker, onKeptChange, onTabChange } from '../lib/browser.js';
import { localise, speak } from '../lib/i18n.js';

/** @import { PageAnswer } from '../background/messages.js' */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {number | null} */
let chosen = null;
let turn = 0;

onTabChange(() => void draw(false));
onKeptChange(() => void draw(false));
await draw(true);

/** @param {boolean} fresh also ask the server */
async function draw(fresh) {
  turn += 1;
  const mine = turn;
  const tab = await activeTab();
  const [status, here] = await Promise.all([
    askWorker({ type: 'status' }),
    tab === null ? null : askWorker({ type: 'tab', tab }),
  ]);
  if (mine !== turn) return;
  const say = await speak(status.locale);
  localise(document, say);
  /** @type {PageAnswer['customers']} */
  const customers = here?.customers ?? [];
  const shown = customers.find((customer) => customer.id === chosen) ?? customers[0];
  drawChoices(customers, shown?.id ?? null);
  part('empty').hidden = shown !== undefined;
  part('empty').textContent = say(status.paired ? 'panel_empty' : 'trouble_unpaired');
  if (!shown) {
    part('card').replaceChildren();
    return;
  }
  const news = shown.id !== Number(part('card').dataset.customer);
  part('card').dataset.customer = String(shown.id);
  for (const ask of fresh || news ? [false, true] : [false]) {
    const view = await askWorker({ type: 'card', id: shown.id, fresh: ask });
    if (mine !== turn) return;
    if (view) globalThis.genjin.drawCard(view, part('card'));
  }
}

/**
 * @param {PageAnswer['customers']} customers
 * @param {number | null} current
 */
function drawChoices(customers, current) {
  part('choices').hidden = customers.length < 2;
  part('choices').replaceChildren(
    ...customers.map((customer) => {
      const choice = document.createElement('button');
      choice.type = 'button';
      choice.textContent = customer.name;
      if (customer.id === current) choice.setAttribute('aria-current', 'true');
      choice.addEventListener('click', () => {
        chosen = customer.id;
        void draw(true);
      });
      return choice;
    }),
  );
}
