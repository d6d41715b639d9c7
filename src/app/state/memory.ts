/** How generous the page may be with memory for what it shows. */

function modest(): boolean {
  const memory: unknown = 'deviceMemory' in navigator ? navigator.deviceMemory : undefined;
  return (typeof memory === 'number' && memory < 4) || matchMedia('(pointer: coarse)').matches;
}

/** Pixels of the before picture on the stage. */
export function previewPixels(): number {
  return modest() ? 3e6 : 8e6;
}

/** Pixels of the result on the stage; finer parts are fetched when zoomed in. */
export function surfacePixels(): number {
  return modest() ? 10e6 : 33e6;
}

/** Bytes that the pixels of one job may take: a share of what the browser says the device has. */
export function jobBytes(): number {
  const memory: unknown = 'deviceMemory' in navigator ? navigator.deviceMemory : undefined;
  return (typeof memory === 'number' ? memory : 4) * 0.4 * 2 ** 30;
}
