// @ts-check
// The entry of the Gradio page; demo/canvas.py calls mount() with what Gradio gives a component's script.

import { gradioHost, plain } from './gradio.js';
import { Page } from './page.js';

/** @import { Gradio } from './types' */

/** @param {Gradio} gradio */
export function mount(gradio) {
  const { element, props, watch } = gradio;
  const root = /** @type {HTMLElement} */ (element.querySelector('.es-page'));
  const page = new Page(root, gradioHost(gradio), props);
  watch('layers', () => page.canvas.setLayers(plain(props.layers || {})));
  // The one global, for tests: what the page knows, without reading pixels.
  Object.assign(window, { esamPage: page });
}
