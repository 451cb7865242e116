// @ts-check
// What a browser window remembers until it is closed, also when its page is loaded again.

/** @param {string} key @returns {string | null} */
export function recalled(key) {
  try { return window.sessionStorage.getItem(key); } catch { return null; }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try { window.sessionStorage.setItem(key, value); } catch { /* storage may be forbidden */ }
}
