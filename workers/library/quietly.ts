/** Between two progress events, in milliseconds. */
export const progressInterval = 50;

/** Tells a listener, which may be in another thread and gone, or throw: that must not end the work. */
export function quietly<T>(listener: (progress: T) => unknown, progress: T): void {
  void new Promise((resolve) => {
    resolve(listener(progress));
  }).catch(() => undefined);
}
