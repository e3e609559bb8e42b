/** Answers the messages of content scripts and of our own pages. */

import { cardView, dueText, silentDays } from '../cards/view.js';
import { DAYS, DAYS_SILENT, counted } from '../cards/words.js';
import { languageOf } from '../lib/i18n.js';
import { Trouble } from '../lib/trouble.js';
import { dueNow } from './badge.js';
import { readOwnPageMessage, readSiteMessage } from './messages.js';

/** @import { Say } from '../lib/i18n.js' */
/** @import { Caller } from '../lib/browser.js' */
/** @import { Store } from '../lib/store.js' */
/** @import { TroubleCode } from '../lib/trouble.js' */
/** @import { Cards } from './cards.js' */
/** @import { OwnPageMessage, OwnSights, PageAnswer, SiteMessage } from './messages.js' */
/** @import { PairingDesk } from './pairing.js' */
/** @import { Sights } from './sights.js' */
/** @import { Sync } from './sync.js' */

/**
 * @typedef {object} Status What popup and options show; all of it without a request.
 * @property {import('../lib/store.js').Standing} standing
 * @property {{ server: string, user: string, email: string, role: string } | null} paired
 * @property {number} customers how many the directory holds
 * @property {{ customer: string, id: number, days: string, silent: string, due: string, manager: boolean, link: string }[]} reminders
 * @property {string[]} hiddenSites
 * @property {string} locale
 */

/**
 * @typedef {object} Parts
 * @property {Store} store
 * @property {Sights} sights
 * @property {Cards} cards
 * @property {Sync} sync
 * @property {PairingDesk} pairing
 * @property {(locale: string) => Promise<Say>} speak
 * @property {() => number} now
 * @property {() => Promise<string>} css of mark and card
 * @property {((tab: number) => Promise<void>) | null} openPanel null where only the person can
 * @property {() => void} lookAgain asks every page that is open to look once more
 */

/** How long a mark waits, in ms, so that it can say at once when the last contact was. */
const A_MOMENT = 1_200;

/**
 * @param {number} patience
 * @param {Promise<unknown>} work goes on when the time is over
 */
function within(patience, work) {
  return Promise.race([work, new Promise((resolve) => setTimeout(resolve, patience))]);
}

/**
 * @param {Parts} parts
 * @returns {(message: unknown, caller: Caller) => Promise<unknown> | null}
 */
export function createDesk(parts) {
  const { store, sights, cards, sync, pairing, now } = parts;

  /** The person who reads: their language, their moment. */
  async function reader() {
    const say = await parts.speak(await store.get('locale'));
    return { say, language: languageOf(say), now: now() };
  }

  return (message, caller) => {
    if (caller.fromPage && caller.tab !== null) {
      const said = readSiteMessage(message);
      return said && ofSite(said, caller.tab, caller);
    }
    const said = readOwnPageMessage(message);
    return said && ofOwnPage(said);
  };

  /**
   * @param {SiteMessage} said
   * @param {number} tab
   * @param {Caller} caller
   */
  async function ofSite(said, tab, caller) {
    switch (said.type) {
      case 'page':
        return look(tab, caller, said);
      case 'card': {
        const here = (await sights.ofTab(tab)).find((one) => one.id === said.id);
        return here ? card(here.id, here.contact, said.fresh) : null;
      }
      case 'panel':
        return parts.openPanel?.(tab) ?? null;
      case 'hide-site':
        await store.update('hiddenSites', (hosts) => [...new Set([...hosts, caller.host])]);
        return parts.lookAgain();
    }
  }

  /** @param {OwnPageMessage} said */
  async function ofOwnPage(said) {
    switch (said.type) {
      case 'status':
        return status();
      case 'card':
        return card(said.id, null, said.fresh);
      case 'tab':
        return tab(said.tab);
      case 'show-site':
        await store.update('hiddenSites', (hosts) => hosts.filter((host) => host !== said.host));
        return parts.lookAgain();
      case 'sync':
        await sync.run();
        return status();
      case 'unpair':
        await pairing.unpair();
        sights.directoryChanged();
        return parts.lookAgain();
      case 'pair':
        return pair(said.server, said.code);
    }
  }

  /**
   * @param {number} tab
   * @param {Caller} caller
   * @param {OwnSights} seen
   * @returns {Promise<PageAnswer>}
   */
  async function look(tab, caller, seen) {
    const { heading, emails, phones, text } = seen;
    const found = await sights.look(tab, caller.host, caller.origin, { heading, emails, phones, text });
    const first = found[0];
    // A customer's page: its card will be wanted. For any other page nothing is asked of anybody.
    if (first) await within(A_MOMENT, cards.open(first.id, first.contact, true));
    const { say, language } = await reader();
    return {
      customers: await sights.marks(found, language),
      css: first ? await parts.css() : '',
      words: {
        mark: say('mark_open'),
        hide: say('mark_hide'),
        close: say('card_close'),
        panel: parts.openPanel ? say('card_panel') : '',
      },
    };
  }

  /**
   * @param {number} id
   * @returns {Promise<{ host: string, hidden: boolean, customers: PageAnswer['customers'] }>}
   */
  async function tab(id) {
    const host = (await store.get('tabs'))[id]?.host ?? '';
    const { language } = await reader();
    return {
      host,
      hidden: (await store.get('hiddenSites')).includes(host),
      customers: await sights.marks(await sights.ofTab(id), language),
    };
  }

  /**
   * @param {number} id
   * @param {number | null} contact
   * @param {boolean} fresh
   */
  async function card(id, contact, fresh) {
    const facts = await cards.open(id, contact, fresh);
    return facts && cardView(facts, await reader());
  }

  /**
   * @param {string} server
   * @param {string} code
   * @returns {Promise<{ trouble: TroubleCode | null }>}
   */
  async function pair(server, code) {
    try {
      await pairing.pair(server, code);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return { trouble: error.code };
    }
    sights.directoryChanged();
    await sync.run();
    return { trouble: null };
  }

  /** @returns {Promise<Status>} */
  async function status() {
    const [held, standing, directory, reminders, hiddenSites] = await Promise.all([
      store.get('pairing'),
      store.get('standing'),
      store.get('directory'),
      store.get('reminders'),
      store.get('hiddenSites'),
    ]);
    const who = await reader();
    const due = dueNow(reminders, who.now)
      .map((reminder) => ({ reminder, days: silentDays(reminder, who.now) }))
      .sort((a, b) => b.days - a.days);
    return {
      standing,
      paired: held && { server: held.server, user: held.user, email: held.email, role: held.role },
      customers: Object.keys(directory.customers).length,
      reminders: due.map(({ reminder, days }) => ({
        customer: reminder.customer,
        id: reminder.customer_id,
        days: counted(who.say, DAYS, days),
        silent: counted(who.say, DAYS_SILENT, days),
        due: dueText(reminder, who),
        manager: reminder.level === 'manager',
        link: `${held?.server ?? ''}/customers/${reminder.customer_id}`,
      })),
      hiddenSites,
      locale: await store.get('locale'),
    };
  }
}
