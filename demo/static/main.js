// @ts-check
// The entry of the Gradio page; demo/canvas.py calls mount() with the arguments of a component's script.

import { gradioHost, plain } from './gradio.js';
import { Page } from './page.js';

/** @import { Gradio } from './types' */

/** @param {Gradio} gradio */
export function mount(gradio) {
  const { element, props, watch } = gradio;
  const root = /** @type {HTMLElement} */ (element.querySelector('.es-page'));
  const page = new Page(root, gradioHost(gradio), props);
  watch('layers', () => page.canvas.setLayers(plain(props.layers || {})));
  // The only global; tests read the state of the page from it.
  Object.assign(window, { esamPage: page });
}
