/**
 * Telephone numbers as people write them → E.164, the form in which the directory holds them.
 *
 * The server decides with a full numbering plan; here it is enough to arrive at the same E.164 for
 * a number that is a customer's, so each country is one line: a number that is none of a
 * customer's finds nothing, whatever its form.
 */

/** @typedef {{ code: string, trunk: string, national: RegExp }} Plan */

/** @type {Readonly<Record<string, Plan>>} */
const PLANS = {
  CN: { code: '86', trunk: '0', national: /^(?:1[3-9]\d{9}|(?:10|2\d)\d{8}|[3-9]\d{9,10}|[48]00\d{7})$/ },
  HK: { code: '852', trunk: '', national: /^[2-9]\d{7}$/ },
  MO: { code: '853', trunk: '', national: /^[268]\d{7}$/ },
  TW: { code: '886', trunk: '0', national: /^[2-9]\d{7,8}$/ },
  SG: { code: '65', trunk: '', national: /^[3689]\d{7}$/ },
  JP: { code: '81', trunk: '0', national: /^[1-9]\d{8,9}$/ },
  KR: { code: '82', trunk: '0', national: /^[1-9]\d{7,9}$/ },
  US: { code: '1', trunk: '1', national: /^[2-9]\d{2}[2-9]\d{6}$/ },
  GB: { code: '44', trunk: '0', national: /^[1-9]\d{8,9}$/ },
  DE: { code: '49', trunk: '0', national: /^[1-9]\d{5,12}$/ },
  FR: { code: '33', trunk: '0', national: /^[1-9]\d{8}$/ },
};

/** Countries that write their trunk 0 inside the international number, or have none. */
const OTHER_COUNTRY = /^(?:7|20|27|3[01469]|4[013568]|5[1-8]|6[0-346]|84|9[0-58]|[235]\d\d|42[013]|67[0-9]|855|856|880|96\d|97\d|99[2-8])\d{6,12}$/;

const EXTENSION = /\s*(?:ext\.?|extension|x|#|转|分机|;|,).*$/iu;

/**
 * @param {string} raw
 * @param {string} [region] ISO 3166, assumed where no country code stands
 * @returns {string | null} E.164, or null when it identifies nobody
 */
export function normalizePhone(raw, region = 'CN') {
  const text = raw.normalize('NFKC').trim().replace(/^tel:/i, '').replace(EXTENSION, '');
  if (!/^\+?[\d\s().\-\u2010-\u2015/]+$/.test(text)) return null;
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(text)) return null;
  const bare = text.replace(/\(0\)/, '').replace(/[^\d+]/g, '');
  if (bare.startsWith('+')) return international(bare.slice(1));
  if (bare.startsWith('00') && bare.length > 8) return international(bare.slice(2));
  const plan = PLANS[region];
  if (!plan) return null;
  const national = withoutTrunk(bare, plan);
  if (plan.national.test(national)) return `+${plan.code}${national}`;
  return bare.startsWith(plan.code) ? international(bare) : null;
}

/** @param {string} digits */
function international(digits) {
  for (const plan of Object.values(PLANS)) {
    if (!digits.startsWith(plan.code)) continue;
    const national = withoutTrunk(digits.slice(plan.code.length), plan);
    return plan.national.test(national) ? `+${plan.code}${national}` : null;
  }
  return OTHER_COUNTRY.test(digits) ? `+${digits}` : null;
}

/**
 * @param {string} digits
 * @param {Plan} plan
 */
function withoutTrunk(digits, plan) {
  return plan.trunk && digits.startsWith(plan.trunk) ? digits.slice(plan.trunk.length) : digits;
}
