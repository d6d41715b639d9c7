/** Finds a Vulkan driver that computes in half precision without a GPU, for the tests that need one. */

import { existsSync, readFileSync } from 'node:fs';

/** Mesa's software driver (llvmpipe), where distributions put it. */
const places = ['lvp_icd.json', 'lvp_icd.x86_64.json', 'lvp_icd.aarch64.json'].map(
  (name) => `/usr/share/vulkan/icd.d/${name}`,
);

/**
 * The one that VK_DRIVER_FILES names, or Mesa's from version 25 on, which is the first that the runtime takes.
 * @returns {string | null} the path of its description
 */
export function findHalfDriver() {
  const asked = process.env['VK_DRIVER_FILES'];
  if (asked !== undefined && asked !== '') return asked;
  return places.find((path) => existsSync(path) && isRecent(readFileSync(path, 'utf8'))) ?? null;
}

/**
 * Mesa says since version 25 that it knows Vulkan 1.4.
 * @param {string} description
 * @returns {boolean}
 */
function isRecent(description) {
  const [major = 0, minor = 0] = (/"api_version"\s*:\s*"(\d+)\.(\d+)/.exec(description) ?? [])
    .slice(1)
    .map(Number);
  return major > 1 || minor >= 4;
}
