/** Moments in a person's words. Days are calendar days of the person's own zone, not 24 hours. */

const DAY = 86_400_000;

/**
 * @param {number} at milliseconds since 1970
 * @param {number} now
 * @returns {number} 0 today, 1 yesterday …; negative in the future
 */
export function daysBetween(at, now) {
  const then = new Date(at).setHours(12, 0, 0, 0);
  return Math.round((new Date(now).setHours(12, 0, 0, 0) - then) / DAY);
}

/**
 * `今天`, `昨天`, `9天前`, `4个月前`.
 * @param {number} at
 * @param {number} now
 * @param {string} language BCP 47
 */
export function daysAgo(at, now, language) {
  const days = daysBetween(at, now);
  const words = new Intl.RelativeTimeFormat(language, { numeric: days <= 1 ? 'auto' : 'always' });
  if (days < 100) return words.format(-days, 'day');
  return days < 700 ? words.format(-Math.round(days / 30.4), 'month') : words.format(-Math.round(days / 365), 'year');
}

/**
 * `11月20日周五`; the year only when it is another one.
 * @param {number} at
 * @param {number} now
 * @param {string} language
 */
export function calendarDay(at, now, language) {
  const other = new Date(at).getFullYear() !== new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(language, {
    ...(other ? { year: 'numeric' } : { weekday: 'short' }),
    month: language.startsWith('zh') ? 'long' : 'short',
    day: 'numeric',
  });
}

/**
 * `14:02`, and the day when it was not today.
 * @param {number} at
 * @param {number} now
 * @param {string} language
 */
export function clockTime(at, now, language) {
  const time = new Date(at).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hour12: false });
  return daysBetween(at, now) === 0 ? time : `${calendarDay(at, now, language)} ${time}`;
}
