// @ts-check
// Words to search for with one click; demo/canvas.py calls mount() with the arguments of a component's script.

/** @import { Gradio } from './types' */

/**
 * Send `word` for a clicked word, `look` once words that need a look at the photo come into view, and `typed` for
 * every change of the field .es-typed beside them: Gradio reports keys, but not what is pasted or dictated.
 * @param {Gradio} gradio
 */
export function mount({ element, trigger }) {
  element.addEventListener('click', event => {
    const chosen = /** @type {HTMLElement} */ (event.target).closest('button[data-word]');
    if (chosen) trigger('word', { word: chosen.getAttribute('data-word') });
  });
  element.closest('.es-mode-panel')?.addEventListener('input', event => {
    if (/** @type {HTMLElement} */ (event.target).closest('.es-typed')) trigger('typed', {});
  });
  const look = () => {
    const words = element.querySelector('[data-look]');
    if (!words || !element.offsetParent) return;
    words.removeAttribute('data-look');
    trigger('look', {});
  };
  new IntersectionObserver(look).observe(element);
  new MutationObserver(look).observe(element, { childList: true, subtree: true, attributeFilter: ['data-look'] });
}
