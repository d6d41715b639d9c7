/** Network families that can be recognised and built. One file each in this folder. */
export const families = [
  'srvgg',
  'esrgan',
  'rdn',
  'rrdn',
  'span',
  'plksr',
  'omnisr',
  'dat',
  'rgt',
  'atd',
  'hat',
  'swinir',
  'swin2sr',
  'cunet',
  'upconv',
  // A graph of a network that nobody here knows, run as it is.
  'onnx',
] as const;

export type Family = (typeof families)[number];
