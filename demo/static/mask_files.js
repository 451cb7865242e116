// @ts-check
// Files that may hold masks of the photo on the stage: Python decides, see demo/handlers/masks.py.

const MOST_BYTES = 10_000_000;  // larger files are photos
const KINDS = ['image/png', 'image/bmp', 'image/gif', 'image/tiff', 'application/json'];

/** @param {File} file */
export const mayBeMask = ({ type, name, size }) => (
  size <= MOST_BYTES && (KINDS.includes(type) || /\.(json|png|bmp|gif|tiff?)$/i.test(name)));

/** @param {File} file @returns {Promise<string>} */
export const asDataUrl = file => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(/** @type {string} */ (reader.result));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
});
