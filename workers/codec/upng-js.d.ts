/** The part of upng-js 2.1 that is used here. */
declare module 'upng-js' {
  interface Decoded {
    readonly width: number;
    readonly height: number;
    readonly depth: number;
    readonly ctype: number;
  }
  interface Upng {
    /** Lossless with `colours` 0: a palette where one suffices. RGBA frames in, a PNG file out. */
    encode(frames: ArrayBuffer[], width: number, height: number, colours: number): ArrayBuffer;
    decode(file: ArrayBuffer): Decoded;
    toRGBA8(decoded: Decoded): ArrayBuffer[];
  }
  const upng: Upng;
  export default upng;
}
