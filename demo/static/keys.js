// @ts-check
// The keyboard: tools, undo, clear, and a crosshair that the arrow keys move over the photo.

import { HOWS, TOOLS } from './bar.js';
import { clamp } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Point } from './types' */

export const TYPING = 'input:not([type=range]), textarea, select, [contenteditable=true]';
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Keys {
  /** @param {Stage} stage @param {EventTarget} target where key events are listened to @param {AbortSignal} signal */
  constructor(stage, target, signal) {
    this.stage = stage;
    /** @type {Point | null} the pixel under the crosshair */
    this.cursor = null;
    target.addEventListener('keydown', event => this.down(/** @type {KeyboardEvent} */ (event)), { signal });
  }

  /** @param {KeyboardEvent} event */
  down(event) {
    if (event.defaultPrevented || (event.target instanceof Element && event.target.matches(TYPING))) return;
    const act = event.ctrlKey || event.metaKey ? this.shortcut(event) : this.plain(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {KeyboardEvent} event */
  shortcut(event) {
    const { history } = this.stage, key = event.key.toLowerCase();
    if (key === 'z') return event.shiftKey ? () => history.redo() : () => history.undo();
    return key === 'y' ? () => history.redo() : null;
  }

  /** @param {KeyboardEvent} event */
  plain(event) {
    const { stage } = this;
    if (event.altKey) return null;
    const tool = TOOLS[Number(event.key) - 1];
    if (tool) return () => stage.setTool(tool);
    if (event.key === 'Escape') return () => this.escape();
    const view = this.view(event) || this.handle(event);
    if (view) return view;
    const key = event.key.toLowerCase(), how = HOWS.find(name => name[0] === key);
    if (key === 'n') return () => stage.addObject();
    if (how && stage.mode.prompts) return () => stage.setHow(how);
    if (key === '[' || key === ']') return () => stage.resizeBrush(key === '[' ? 0.8 : 1.25);
    return event.target === stage.el ? this.move(event) : null;
  }

  /** Keys that zoom; the space bar pans while it is held. @param {KeyboardEvent} event */
  view({ key, target }) {
    const { zoom, photo, el } = this.stage;
    if (!photo) return null;
    if (key === '+' || key === '=') return () => zoom.in();
    if (key === '-') return () => zoom.out();
    if (key === '0') return () => zoom.fit();
    if (key === '9') return () => zoom.full();
    return key === ' ' && (target === el || target === document.body) ? () => zoom.hold(true) : null;
  }

  /** Keys for single points: select, move, remove. @param {KeyboardEvent} event */
  handle({ key, target, shiftKey }) {
    const { handles, mode, el } = this.stage;
    if (!mode.prompts) return null;
    if (key === '.' || key === ',') return () => handles.walk(key === '.' ? 1 : -1);
    if (handles.index === null) return null;
    if (key === 'Delete' || key === 'Backspace') return () => handles.remove();
    const arrow = target === el && ARROWS[key], step = shiftKey ? 10 : 1;
    return arrow ? () => handles.nudge(arrow[0] * step, arrow[1] * step) : null;
  }

  /** Cancel the drag, else the selection, else clear the prompt. */
  escape() {
    const { pointer, pictures, history, handles } = this.stage;
    if (pointer.drag) pointer.drop();
    else if (handles.leave()) return;
    else if (pictures.picked.size) pictures.pick([]);
    else history.clear();
  }

  /** Arrows move the crosshair, Enter clicks there. @param {KeyboardEvent} event */
  move(event) {
    const { stage } = this, { photo } = stage, arrow = ARROWS[event.key];
    if (!photo || !stage.mode.prompts) return null;
    const [x, y] = this.cursor || [photo.width >> 1, photo.height >> 1];
    if (event.key === 'Enter' && this.cursor) {
      return () => stage.click(x, y, stage.tool === 'background' || event.shiftKey ? 0 : 1);
    }
    if (!arrow) return null;
    const share = event.shiftKey ? 0.05 : 0.01;
    const step = Math.max(1, Math.round(Math.max(photo.width, photo.height) * share));
    return () => {
      const [dx, dy] = arrow;
      this.cursor = [clamp(x + dx * step, 0, photo.width - 1), clamp(y + dy * step, 0, photo.height - 1)];
      stage.zoom.reveal(this.cursor);
    };
  }
}
