// @ts-check
// Gradio loads its page again when a lost connection is back. Here the page stays as it is.

const LOST = '.toast-body.error', CLOSE = '.toast-close';

/**
 * Cancel that reload; a browser that cannot shows the kept work after it.
 * @param {() => void} back called when the connection is back
 */
export function stayOnPage(back) {
  const { navigation } = /** @type {any} */ (window);
  navigation?.addEventListener('navigate', (/** @type {any} */ event) => {
    const lost = document.querySelector(LOST);
    if (!lost || event.navigationType !== 'reload' || event.userInitiated || !event.cancelable) return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (lost.querySelector(CLOSE))?.click();
    back();
  });
}
