// @ts-check
// Small choices that the browser remembers: until its window is closed, or for good.

/** @typedef {'window' | 'browser'} Where */

/** @param {Where} where */
const storage = where => (where === 'window' ? window.sessionStorage : window.localStorage);

/** @param {string} key @param {Where} where @returns {string | null} */
export function recalled(key, where) {
  try { return storage(where).getItem(key); } catch { return null; }
}

/** @param {string} key @param {string} value @param {Where} where */
export function remember(key, value, where) {
  try { storage(where).setItem(key, value); } catch { /* storage may be forbidden */ }
}
