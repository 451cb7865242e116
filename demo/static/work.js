// @ts-check
// The work on a photo as plain data, for the browser's database, and back. Independent of the page.

/** @import { Doc, KeptMask, KeptWork, Picture, PlainDoc } from './types' */
/** @import { History } from './history.js' */

/**
 * A history as plain data. Masks that several states share stay one mask.
 * @param {string} key of the photo
 * @param {History} history
 * @param {(picture: Picture) => string} asUrl a picture as a data URL
 * @returns {KeptWork}
 */
export function packed(key, { doc, past, future, ids }, asUrl) {
  /** @type {Map<KeptMask, object>} */
  const masks = new Map();
  /** @param {KeptMask} mask */
  const plain = mask => {
    if (!masks.has(mask)) masks.set(mask, { ...mask, picture: asUrl(mask.picture) });
    return masks.get(mask);
  };
  /** @param {Doc} state @returns {PlainDoc} */
  const pack = state => ({ ...state, objects: state.objects.map(object => ({ ...object, mask: object.mask && plain(object.mask) })) });
  return { key, doc: pack(doc), past: past.map(pack), future: future.map(pack), ids };
}

/**
 * The states of a history.
 * @param {KeptWork} work
 * @param {(url: string) => Promise<Picture>} load
 * @returns {Promise<{doc: Doc, past: Doc[], future: Doc[], ids: number}>}
 */
export async function unpacked({ doc, past, future, ids }, load) {
  /** @type {Map<object, KeptMask>} */
  const masks = new Map();
  for (const { objects } of [doc, ...past, ...future]) {
    for (const { mask } of objects) {
      if (mask && !masks.has(mask)) masks.set(mask, /** @type {KeptMask} */ ({ ...mask, picture: await load(mask.picture) }));
    }
  }
  /** @param {PlainDoc} state @returns {Doc} */
  const unpack = state => /** @type {Doc} */ (Object.freeze({
    ...state, objects: state.objects.map(object => ({ ...object, mask: object.mask && masks.get(object.mask) })),
  }));
  return { doc: unpack(doc), past: past.map(unpack), future: future.map(unpack), ids };
}
