// @ts-check
// How many photos lie beside each other, and how a text tells what was measured. Independent of the page.

/** @import { ComparedAnswer } from './types' */

const LETTERS = 'ABCD';

/** The name of a place among the answers. @param {number} i */
export const letterOf = i => LETTERS[i];

/**
 * Columns and rows that show a photo n times as large as possible; of equal ones, those with the fewest cells.
 * @param {number} n @param {[number, number]} room @param {[number, number]} photo width and height
 * @returns {[number, number]}
 */
export function gridFor(n, room, photo) {
  const grids = Array.from({ length: n }, (_, i) => /** @type {[number, number]} */ ([n - i, Math.ceil(n / (n - i))]));
  /** @param {[number, number]} grid */
  const scaleIn = ([columns, rows]) => Math.min(room[0] / columns / photo[0], room[1] / rows / photo[1]);
  const largest = Math.max(...grids.map(scaleIn)), good = grids.filter(grid => scaleIn(grid) > 0.999 * largest);
  return good.reduce((best, grid) => (grid[0] * grid[1] < best[0] * best[1] ? grid : best));
}

/** The IoU of two answers with two digits; a dash if one of them failed. @param {ComparedAnswer} answer @param {number} other */
export function iouWith(answer, other) {
  const iou = answer.iou?.[other];
  return iou == null ? '–' : iou.toFixed(2);
}
