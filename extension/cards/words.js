/** Codes of the wire → keys of the catalogue. A code that a newer server invents shows as it is. */

/** @import { Say } from '../lib/i18n.js' */

export const STAGES = {
  lead: 'stage_lead',
  contacted: 'stage_contacted',
  qualified: 'stage_qualified',
  proposal: 'stage_proposal',
  negotiation: 'stage_negotiation',
  won: 'stage_won',
  lost: 'stage_lost',
};

export const CATEGORIES = {
  budget: 'tag_budget',
  competitor: 'tag_competitor',
  price_objection: 'tag_price_objection',
  timeline: 'tag_timeline',
  decision_maker: 'tag_decision_maker',
  contract_terms: 'tag_contract_terms',
  delivery: 'tag_delivery',
  technical_fit: 'tag_technical_fit',
  complaint: 'tag_complaint',
  buying_signal: 'tag_buying_signal',
  next_step: 'tag_next_step',
  churn_risk: 'tag_churn_risk',
};

/** `asserted` needs no word. */
export const STATUSES = {
  negated: 'status_negated',
  question: 'status_question',
  hypothetical: 'status_hypothetical',
  past: 'status_past',
  reported: 'status_reported',
};

export const SPEAKERS = { customer: 'speaker_customer', rep: 'speaker_rep' };

/** By kind and direction; the kind alone where the direction says nothing. */
export const WAYS = {
  'mail inbound': 'way_mail_inbound',
  'mail outbound': 'way_mail_outbound',
  'call inbound': 'way_call_inbound',
  'call outbound': 'way_call_outbound',
  mail: 'way_mail',
  call: 'way_call',
  meeting: 'way_meeting',
  note: 'way_note',
};

/** By grade and kind; the grade alone where the kind says nothing. */
export const GRADES = {
  'connected meeting': 'grade_held',
  two_way: 'grade_two_way',
  connected: 'grade_connected',
  outbound: 'grade_outbound',
};

export const ROLES = {
  rep: 'role_rep',
  manager: 'role_manager',
  reviewer: 'role_reviewer',
  decider: 'role_decider',
  admin: 'role_admin',
};

/** @type {Record<import('../lib/trouble.js').TroubleCode, string>} */
export const TROUBLES = {
  address_invalid: 'trouble_address_invalid',
  address_not_https: 'trouble_address_not_https',
  permission_denied: 'trouble_permission_denied',
  code_wrong: 'trouble_code_wrong',
  code_expired: 'trouble_code_expired',
  too_many_attempts: 'trouble_too_many_attempts',
  unreachable: 'trouble_unreachable',
  timeout: 'trouble_timeout',
  not_genjin: 'trouble_not_genjin',
  unauthorized: 'trouble_unauthorized',
  not_found: 'trouble_not_found',
  refused: 'trouble_refused',
  server_error: 'trouble_server_error',
  unpaired: 'trouble_unpaired',
};

/**
 * @param {Say} say
 * @param {Record<string, string>} table
 * @param {string} code
 * @param {string} [otherwise]
 */
export function word(say, table, code, otherwise = code) {
  const key = Object.hasOwn(table, code) ? table[code] : undefined;
  return key ? say(key) : otherwise;
}

/**
 * `9 days` / `1 day`: the key ends in the plural category (`_one`, `_other`).
 * @param {Say} say
 * @param {{ one: string, other: string }} keys
 * @param {number} count
 */
export function counted(say, keys, count) {
  const form = new Intl.PluralRules(say('language')).select(count);
  return say(form === 'one' ? keys.one : keys.other, count);
}

export const DAYS = { one: 'days_one', other: 'days_other' };

export const DAYS_SILENT = { one: 'days_silent_one', other: 'days_silent_other' };
