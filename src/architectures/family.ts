/** Network families that can be recognised and built. One file each in this folder. */
export type Family = 'srvgg' | 'esrgan' | 'rdn';
